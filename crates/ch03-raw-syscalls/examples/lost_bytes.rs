//! One `write` is an attempt: ignore its answer, and you lose the bytes that it
//! did not take. `write_all` delivers everything or says how much it did.

use std::io;
use testing::println;

// ANCHOR: main
#[cfg(target_os = "linux")]
fn run() -> io::Result<String> {
    use ch03_raw_syscalls::{s2_libc, waiting, write_all};
    use std::io::Read;
    use std::os::fd::AsFd;

    let bytes = vec![b'.'; 1_000_000];
    let mut received = Vec::new();

    // A pipe that takes what it has room for, and does not wait for more.
    let (mut reader, writer) = io::pipe()?;
    waiting::set_nonblocking(writer.as_fd())?;
    let _ = s2_libc::write(writer.as_fd(), &bytes)?; // result ignored
    drop(writer);
    reader.read_to_end(&mut received)?;
    let first = format!("one write:   received {}", received.len());

    let (_reader, writer) = io::pipe()?;
    waiting::set_nonblocking(writer.as_fd())?;
    let second = match write_all(&writer, &bytes) {
        Ok(()) => "write_all:   received everything".to_string(),
        Err(stopped) => {
            let (sent, why) = (stopped.written, stopped.error);
            format!("write_all:   {sent} sent, then: {why}")
        }
    };
    let offered = bytes.len();
    Ok(format!("offered {offered} bytes\n{first}\n{second}"))
}

#[cfg(not(target_os = "linux"))]
fn run() -> io::Result<String> {
    Ok("this program is for Linux only".to_string())
}

fn main() -> io::Result<()> {
    println!("{}", run()?);
    Ok(())
}
// ANCHOR_END: main

#[test]
fn runs() {
    let output = run().unwrap();
    if cfg!(target_os = "linux") {
        // How much a pipe holds is the system's affair, but never all this.
        assert!(!output.contains("received 1000000"), "{output}");
        assert!(output.contains(" sent, then: "), "{output}");
    }
}
