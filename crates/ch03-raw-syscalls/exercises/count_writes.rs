//! Exercise `count_writes`: what does `println!` in a loop cost?
//!
//! 15 to 30 minutes.
//!
//! Standard output empties its buffer at the end of every line, so a program
//! that prints a thousand lines makes a thousand system calls. First see it:
//! complete [`Counter`], a writer that counts the calls that reach the writer
//! inside it. The tests compare your count with what the kernel saw. Then mend
//! it: `number_lines` must write the same bytes with at most one call for each
//! 8000 of them, and one for the rest.
//!
//! Hint: which writer of the standard library gathers small writes? What does
//! it do with an error when it is dropped?
//!
//! Run: `cargo test --test count_writes`
//!
//! Fails until solved: `exercise count_writes:`

use std::io::{self, LineWriter, Write};

/// Passes everything on, and counts.
#[derive(Debug)]
pub struct Counter<W> {
    /// Where the bytes go.
    pub inner: W,
    /// Calls of `write` that reached `inner`, also those that failed.
    pub writes: usize,
}

impl<W: Write> Write for Counter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = bytes;
        todo!("exercise count_writes: pass it on and count it")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes the numbers from 1 to `last`, each on a line of its own.
///
/// # Errors
///
/// The first one that `out` reports.
pub fn number_lines(out: impl Write, last: u32) -> io::Result<()> {
    let mut out = LineWriter::new(out); // as in `println!`; can you do better?
    for number in 1..=last {
        writeln!(out, "{number}")?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "../exercises/tests/count_writes.rs"]
mod tests;
