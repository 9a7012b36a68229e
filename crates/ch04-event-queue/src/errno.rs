//! The one place where this crate looks at `errno`.
//!
//! Two of its values are ordinary answers rather than failures. `EINTR`, a
//! signal: a wait returns `Interrupted`, since the caller may want to know; a
//! `connect` continues in the background, and counts as begun; no other call
//! here sleeps, so none is interrupted. `EAGAIN`, that a call would have to
//! wait, is passed on as `WouldBlock`: waiting is up to the caller.

use std::io;

// ANCHOR: check
/// What a call returned, or why it returned -1.
///
/// # Errors
///
/// If the result is -1: the error that this thread's last call left in
/// `errno`.
#[inline]
pub fn check(result: i32) -> io::Result<i32> {
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}
// ANCHOR_END: check
