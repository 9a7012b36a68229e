//! Stage 4 of chapter 3: one `write_all` over all of them.
//!
//! A single `write` is an attempt. This stage turns it into a promise: all bytes
//! go out, in order, each once; or the caller learns how many did, and why the
//! others did not. The system is chosen when the program is compiled: the raw call
//! of stage 1 where its interface is stable, the C library on every other
//! Unix, kernel32 on Windows.
//!
//! What it leaves out: waiting. A descriptor in non-blocking mode may say that
//! it has no room now ([`WouldBlock`](io::ErrorKind::WouldBlock)). Whether to
//! wait is for the caller to decide, who may have other things to do; how to
//! wait for many descriptors at once is the next chapter.

use crate::descriptor::{AsDescriptor, descriptor_of};
use std::fmt;
use std::io;

// ANCHOR: s4_choose
cfg_select! {
    all(
        target_os = "linux",
        any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64",
        ),
    ) => { pub use crate::s1_raw::write; }
    unix => { pub use crate::s2_libc::write; }
    windows => { pub use crate::s2_windows::write; }
}
// ANCHOR_END: s4_choose

/// How much went out, and why the rest did not.
///
/// The first `written` bytes went out and must not be sent again; of the rest
/// none did. A caller that can fix the cause continues with
/// `&bytes[written..]`; for any other, `?` makes it an [`io::Error`], and drops
/// the count.
// ANCHOR: s4_stopped
#[derive(Debug)]
pub struct Stopped {
    /// How many bytes went out before the error.
    pub written: usize,
    /// What the system reported.
    pub error: io::Error,
}

impl From<Stopped> for io::Error {
    fn from(stopped: Stopped) -> Self {
        stopped.error
    }
}
// ANCHOR_END: s4_stopped

impl fmt::Display for Stopped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "stopped after {} bytes: {}", self.written, self.error)
    }
}

impl std::error::Error for Stopped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Writes all of `bytes` to `fd`.
///
/// # Errors
///
/// [`Stopped`], with the number of bytes that did go out. Signals that
/// interrupt are no error; a non-blocking `fd` without room is one
/// ([`WouldBlock`](io::ErrorKind::WouldBlock)): wait, then continue from there.
///
/// # Examples
///
/// ```
/// let (reader, writer) = std::io::pipe()?;
/// ch03_raw_syscalls::write_all(&writer, b"hello")?;
/// drop(writer);
/// assert_eq!(std::io::read_to_string(reader)?, "hello");
/// # Ok::<(), std::io::Error>(())
/// ```
// ANCHOR: s4_write_all
pub fn write_all(fd: impl AsDescriptor, bytes: &[u8]) -> Result<(), Stopped> {
    write_all_by(|rest| write(descriptor_of(&fd), rest), bytes)
}
// ANCHOR_END: s4_write_all

/// [`write_all`] with any `write`, such as one that fails on purpose.
///
/// # Errors
///
/// As [`write_all`]; also if `write` takes nothing (`WriteZero`), or claims to
/// have taken more than it was given.
// ANCHOR: s4_write_all_by
pub fn write_all_by(
    mut write: impl FnMut(&[u8]) -> io::Result<usize>,
    bytes: &[u8],
) -> Result<(), Stopped> {
    let mut written = 0;
    while written < bytes.len() {
        let rest = &bytes[written..];
        let error = match write(rest) {
            // No error and no progress: trying again may never end.
            Ok(0) => io::ErrorKind::WriteZero.into(),
            Ok(count) if count <= rest.len() => {
                written += count;
                continue;
            }
            Ok(_) => io::Error::other("wrote more than it was given"),
            // A signal came before the first byte was taken: nothing is lost.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                continue;
            }
            Err(error) => error,
        };
        return Err(Stopped { written, error });
    }
    Ok(())
}
// ANCHOR_END: s4_write_all_by
