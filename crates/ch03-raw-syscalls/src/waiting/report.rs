//! What all ways to wait share: the slow pipe, and the bill at the end.

use super::calls::{cpu_so_far, sleeps_so_far};
use std::fmt;
use std::io::{self, PipeReader, Write};
use std::thread;
use std::time::{Duration, Instant};

/// What the writer sends.
pub const MESSAGE: [u8; 5] = *b"ready";

/// What one way of waiting did, and what it cost.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    /// How often `read` was called. For completion: reads handed in.
    pub attempts: u64,
    /// How often another call was made in order to wait.
    pub waits: u64,
    /// How often the kernel put this thread to sleep.
    pub sleeps: u64,
    /// What arrived.
    pub message: [u8; 5],
    /// Processor time of this thread, in the program and in the kernel.
    pub cpu: Duration,
    /// Time on the wall clock.
    pub wall: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let message = String::from_utf8_lossy(&self.message);
        writeln!(out, "message         {message}")?;
        writeln!(out, "reads           {}", self.attempts)?;
        writeln!(out, "other waits     {}", self.waits)?;
        writeln!(out, "put to sleep    {}", self.sleeps)?;
        writeln!(out, "processor time  {:.2} ms", millis(self.cpu))?;
        write!(out, "wall time       {:.2} ms", millis(self.wall))
    }
}

/// A pipe into which a thread writes [`MESSAGE`] after `pause`.
///
/// Whatever happens to that thread, its end of the pipe is closed when it is
/// gone, so that no reader waits for ever.
// ANCHOR: slow_pipe
pub fn slow_pipe(pause: Duration) -> io::Result<PipeReader> {
    let (reader, mut writer) = io::pipe()?;
    thread::Builder::new().spawn(move || {
        thread::sleep(pause);
        // An error means that the reader is gone and doesn't need them.
        let _ = writer.write_all(&MESSAGE);
    })?;
    Ok(reader)
}
// ANCHOR_END: slow_pipe

/// A report that is still being written.
pub struct Bill {
    pub attempts: u64,
    pub waits: u64,
    sleeps: u64,
    cpu: Duration,
    start: Instant,
}

impl Bill {
    pub fn open() -> io::Result<Self> {
        Ok(Self {
            attempts: 0,
            waits: 0,
            sleeps: sleeps_so_far()?,
            cpu: cpu_so_far()?,
            start: Instant::now(),
        })
    }

    pub fn close(&self, count: usize, message: [u8; 5]) -> io::Result<Report> {
        if count != message.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Report {
            attempts: self.attempts,
            waits: self.waits,
            message,
            wall: self.start.elapsed(),
            cpu: cpu_so_far()?.saturating_sub(self.cpu),
            sleeps: sleeps_so_far()?.saturating_sub(self.sleeps),
        })
    }
}
