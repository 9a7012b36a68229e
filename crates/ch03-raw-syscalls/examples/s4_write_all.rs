//! Stage 4 of chapter 3: one line to standard output, all of it, everywhere.

use ch03_raw_syscalls::{AsDescriptor, write_all};
use std::io;

// ANCHOR: main
const LINE: &str = "written by write_all, all of it\n";

fn run(out: impl AsDescriptor) -> io::Result<()> {
    write_all(out, LINE.as_bytes())?;
    Ok(())
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
