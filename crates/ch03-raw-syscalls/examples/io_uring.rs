//! Waiting, fourth way: hand the kernel the buffer, ask later (completion).

use std::io;
use testing::println;

// ANCHOR: main
#[cfg(target_os = "linux")]
fn run() -> io::Result<String> {
    use ch03_raw_syscalls::waiting;
    use std::io::ErrorKind::{PermissionDenied, Unsupported};
    use std::time::Duration;

    match waiting::uring_read(Duration::from_millis(50)) {
        Ok(report) => Ok(report.to_string()),
        // Many containers and some distributions switch it off.
        Err(error)
            if matches!(error.kind(), PermissionDenied | Unsupported) =>
        {
            Ok(format!("no io_uring here: {error}"))
        }
        Err(error) => Err(error),
    }
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
    let refused = output.starts_with("no io_uring here: ");
    if cfg!(target_os = "linux") && !refused {
        assert!(output.contains("message         ready\n"), "{output}");
        assert!(output.contains("reads           1\n"), "{output}");
        assert!(output.contains("other waits     1\n"), "{output}");
    }
}
