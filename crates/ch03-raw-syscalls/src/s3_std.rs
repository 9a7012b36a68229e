//! Stage 3 of chapter 3: `write`, asked of the standard library.
//!
//! Below, the standard library does what stage 2 does. What it adds lies
//! around the call: an owner that closes what it opened ([`File`]), a loop that
//! continues until everything is out ([`write_all`](Write::write_all),
//! which tries again after a signal), a buffer that gathers small
//! writes into few (`Stdout` has one that it empties after each line, a
//! [`LineWriter`](std::io::LineWriter)), and a lock, so that the lines of two
//! threads don't get mixed up.

use crate::descriptor::Descriptor;
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// Writes `bytes` to `fd` by one system call, and two more to get and to close
/// a duplicate of `fd`; returns how many it took.
///
/// # Errors
///
/// Whatever the system reports, with nothing retried.
// ANCHOR: s3_write
pub fn write(fd: Descriptor<'_>, bytes: &[u8]) -> io::Result<usize> {
    // A `File` closes what it holds, and `fd` is only lent to us: so the file
    // gets a duplicate: a second number for the same open file.
    let mut file = File::from(fd.try_clone_to_owned()?);
    file.write(bytes)
}
// ANCHOR_END: s3_write

/// Writes each line as `println!` does: take the lock, write, empty the buffer
/// at the end of the line. That is one system call per line.
///
/// # Errors
///
/// The first one that the system reports.
pub fn print_lines(lines: &[&str]) -> io::Result<()> {
    for line in lines {
        writeln!(io::stdout(), "{line}")?;
    }
    Ok(())
}

/// Writes the same bytes to any writer through a buffer of 8 KiB: one system
/// call per full buffer, however short the lines are.
///
/// # Errors
///
/// The first one that the system reports, also about the last line.
pub fn print_lines_buffered(out: impl Write, lines: &[&str]) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    for line in lines {
        writeln!(out, "{line}")?;
    }
    // Dropping it would write the rest out, too, and swallow the error.
    out.flush()
}
