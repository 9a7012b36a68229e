//! Waiting on Windows: hand the kernel the buffer, and sleep on an I/O
//! completion port until the read is done.

use std::error::Error;
use testing::println;

// ANCHOR: main
#[cfg(windows)]
fn run() -> Result<String, Box<dyn Error>> {
    use ch03_raw_syscalls::completion_port::completion_port_read;
    use std::time::Duration;

    let done = completion_port_read(Duration::from_millis(50))?;
    let text = String::from_utf8_lossy(&done.buffer);
    Ok(format!(
        "source {}: {} bytes, {text:?}",
        done.key, done.count
    ))
}

#[cfg(not(windows))]
fn run() -> Result<String, Box<dyn Error>> {
    Ok("this program is for Windows only".to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run()?);
    Ok(())
}
// ANCHOR_END: main

#[test]
fn runs() {
    let wanted = if cfg!(windows) {
        "source 7: 5 bytes, \"ready\""
    } else {
        "this program is for Windows only"
    };
    assert_eq!(run().unwrap(), wanted);
}
