//! Waiting, third way: sleep on an event queue, then read once (readiness).

use std::error::Error;
use testing::println;

// ANCHOR: main
#[cfg(target_os = "linux")]
fn run() -> Result<String, Box<dyn Error>> {
    use ch03_raw_syscalls::waiting;
    use std::time::Duration;

    let report = waiting::epoll_read(Duration::from_millis(50))?;
    Ok(report.to_string())
}

#[cfg(not(target_os = "linux"))]
fn run() -> Result<String, Box<dyn Error>> {
    Ok("this program is for Linux only".to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run()?);
    Ok(())
}
// ANCHOR_END: main

#[test]
fn runs() {
    let output = run().unwrap();
    if cfg!(target_os = "linux") {
        assert!(output.contains("message         ready\n"), "{output}");
        assert!(output.contains("reads           1\n"), "{output}");
        assert!(output.contains("other waits     1\n"), "{output}");
    } else {
        assert_eq!(output, "this program is for Linux only");
    }
}
