//! Solution of exercise `patient_write`.

use ch03_raw_syscalls::Stopped;
use std::io;

/// A descriptor in non-blocking mode, or something that behaves like one.
pub trait Port {
    /// One attempt to write; returns how many bytes were taken.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Sleeps until there is room, or a signal comes (`Interrupted`).
    fn wait(&mut self) -> io::Result<()>;
}

/// Writes all of `bytes`, and waits where it must.
///
/// # Errors
///
/// What the port reports and waiting can't fix; `WriteZero` if it takes
/// nothing and gives no reason; `Other` if it claims to have taken more than it
/// was given.
pub fn patient_write(
    port: &mut impl Port,
    bytes: &[u8],
) -> Result<(), Stopped> {
    use io::ErrorKind::{Interrupted, WouldBlock, WriteZero};

    // The one thing to remember between two attempts. Everything before it is
    // out, and nothing after it; so whatever happens in between, nothing is
    // lost and nothing is sent twice.
    let mut written = 0;
    while written < bytes.len() {
        let rest = &bytes[written..];
        let step = match port.write(rest) {
            Ok(0) => Err(WriteZero.into()),
            Ok(count) if count <= rest.len() => {
                written += count;
                Ok(())
            }
            Ok(_) => Err(io::Error::other("took more than it was given")),
            // Full: nothing was taken.
            Err(error) if error.kind() == WouldBlock => port.wait(),
            Err(error) => Err(error),
        };
        match step {
            Ok(()) => {}
            // A signal, before the write took anything or during the wait.
            // Either way the next attempt finds out how things are: a wait
            // that ends too early costs one more attempt.
            Err(error) if error.kind() == Interrupted => {}
            Err(error) => return Err(Stopped { written, error }),
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "../exercises/tests/patient_write.rs"]
mod tests;
