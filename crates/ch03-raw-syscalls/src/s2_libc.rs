//! Stage 2 of chapter 3: `write`, asked of the C library.
//!
//! The library knows the registers and the numbers of the system that it came
//! with, so one declaration of ours serves every Unix. What stays is what
//! `write` itself is: one attempt, which may take fewer bytes than it was
//! given, or be interrupted, or find that the reader is gone. It returns
//! all of that as it is; stage 4 deals with it.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

// ANCHOR: s2_declare
mod ffi {
    use std::ffi::{c_int, c_void};

    unsafe extern "C" {
        // ssize_t write(int fd, const void *buf, size_t count);
        pub unsafe fn write(fd: c_int, buf: *const c_void, n: usize) -> isize;
    }

    // An array has elements of one type.
    type Write = unsafe extern "C" fn(c_int, *const c_void, usize) -> isize;
    const _: [Write; 2] = [write, libc::write];
}
// ANCHOR_END: s2_declare

/// The most that one call is given. macOS refuses more than this with
/// `EINVAL`; the other systems take a part and say so.
const LIMIT: usize = i32::MAX as usize;

/// Writes `bytes` to `fd` by one system call; returns how many it took.
///
/// # Errors
///
/// Whatever the library reports, with nothing retried.
// ANCHOR: s2_write
pub fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    let number = fd.as_raw_fd();
    let length = bytes.len().min(LIMIT);
    // SAFETY: `write` reads `length` bytes at the address and nothing else;
    // the slice, at least as long, keeps them readable and the borrow keeps
    // the descriptor open until we return.
    let answer = unsafe { ffi::write(number, bytes.as_ptr().cast(), length) };
    decode(answer)
}

/// Tells a result from an error.
fn decode(answer: isize) -> io::Result<usize> {
    match answer {
        // Read at once: the next call into the library may change it.
        -1 => Err(io::Error::last_os_error()),
        count => Ok(count as usize),
    }
}
// ANCHOR_END: s2_write
