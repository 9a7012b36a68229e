//! The one place where this crate looks at `errno`.
//!
//! Two of its values are no failures but facts of life, and are dealt with in
//! one place each, too. `EINTR`, a signal: a wait that it ends is ended
//! (`Interrupted`), since the caller may want to know; a connect that it ends
//! goes on in the background, as does this crate; of the other calls here, none
//! sleeps, so none is ended. `EAGAIN`, that a call would have to wait, is the
//! answer `WouldBlock` and is passed on: to wait is the caller's business.

use std::io;

// ANCHOR: check
/// What a call returned, or the reason for its -1.
///
/// # Errors
///
/// The one that the last call of this thread has left in `errno`, if the
/// result is -1.
#[inline]
pub fn check(result: i32) -> io::Result<i32> {
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}
// ANCHOR_END: check
