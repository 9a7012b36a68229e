//! Stage 3 of chapter 3: one line to standard output, by the standard library.

use std::io::{self, Write};

// ANCHOR: main
const LINE: &str = "written by the standard library";

fn run(mut out: impl Write) -> io::Result<()> {
    writeln!(out, "{LINE}")
}

fn main() -> io::Result<()> {
    // The lock is taken once, not once a line, and given back at the end.
    run(io::stdout().lock())
}
// ANCHOR_END: main

#[test]
fn runs() -> io::Result<()> {
    let (reader, writer) = io::pipe()?;
    run(writer)?;
    assert_eq!(io::read_to_string(reader)?, format!("{LINE}\n"));
    Ok(())
}
