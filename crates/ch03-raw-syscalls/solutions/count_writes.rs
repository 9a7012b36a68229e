//! Solution of exercise `count_writes`.

use std::io::{self, BufWriter, Write};

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
        // Before the call, since a failed attempt is an attempt.
        self.writes += 1;
        self.inner.write(bytes)
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
    // Gathers up to 8 KiB before it calls `write`: a line that no longer fits
    // sends out what is there. Standard output may be passed as it is: its lock
    // is then taken once per full buffer, not once per line.
    let mut out = BufWriter::new(out);
    for number in 1..=last {
        writeln!(out, "{number}")?;
    }
    // Dropped without this, the buffer would still be emptied, and an error
    // would be lost with it: `drop` cannot return one.
    out.flush()
}

#[cfg(test)]
#[path = "../exercises/tests/count_writes.rs"]
mod tests;
