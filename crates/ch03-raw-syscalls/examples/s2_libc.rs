//! Stage 2 of chapter 3: one line to standard output, by the C library (on
//! Windows, by kernel32).

use ch03_raw_syscalls::{AsDescriptor, descriptor_of};
use std::io;

// ANCHOR: main
#[cfg(unix)]
use ch03_raw_syscalls::s2_libc::write;
#[cfg(windows)]
use ch03_raw_syscalls::s2_windows::write;

const LINE: &str = if cfg!(windows) {
    "written by kernel32\n"
} else {
    "written by the C library\n"
};

fn run(out: impl AsDescriptor) -> io::Result<()> {
    // One attempt: a short line fits. Stage 4 does not rely on that.
    write(descriptor_of(&out), LINE.as_bytes()).map(drop)
}

fn main() -> io::Result<()> {
    run(io::stdout())
}
// ANCHOR_END: main

#[test]
fn runs() -> io::Result<()> {
    // Not standard output: this write goes past the test harness.
    let (reader, writer) = io::pipe()?;
    run(writer)?;
    assert_eq!(io::read_to_string(reader)?, LINE);
    Ok(())
}
