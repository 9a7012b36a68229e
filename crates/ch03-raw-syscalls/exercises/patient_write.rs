//! Exercise `patient_write`: everything arrives, whatever the port does.
//!
//! 15 minutes.
//!
//! A [`Port`] is a descriptor in non-blocking mode. It may take fewer bytes
//! than it was given, be interrupted by a signal (`Interrupted`), have no room
//! now (`WouldBlock`), take nothing at all (`Ok(0)`), claim to have taken more
//! than it was given, or be broken. Write all bytes to it: none lost, none twice. When it has no room, `wait` for some;
//! asking again at once would turn your processor into a heater. If it is
//! broken, say how many bytes went out before.
//!
//! Hint: start from `write_all_by` of stage 4. `wait` can be interrupted, too.
//! What does that mean for you?
//!
//! Run: `cargo test --test patient_write`
//!
//! Fails until solved: `exercise patient_write:`

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
    let _ = (port, bytes);
    todo!("exercise patient_write: continue until everything is out")
}

#[cfg(test)]
#[path = "../exercises/tests/patient_write.rs"]
mod tests;
