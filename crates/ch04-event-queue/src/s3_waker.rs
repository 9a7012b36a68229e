//! Stage 3 of chapter 4: one thread ends another thread's wait.
//!
//! A thread that waits for sockets notices nothing else. A [`Waker`] is a
//! source that another thread makes ready: an eventfd, a counter in the kernel
//! behind a descriptor. Chapter 4, Linux only.

use crate::errno::check;
use crate::ffi;
use crate::s2_queue::Registry;
use crate::{Interest, Token};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};

// ANCHOR: s3_waker
/// Ends a wait from any thread. Keep it until that has been seen: when it is
/// dropped, its event goes with it.
#[derive(Debug)]
pub struct Waker {
    /// The eventfd. A `File` has `read` and `write`, which is enough.
    counter: File,
}

impl Waker {
    /// A waker for the queue of `registry`; its events have this `token`.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let flags = ffi::EFD_CLOEXEC | ffi::EFD_NONBLOCK;
        let fd = check(ffi::eventfd(0, flags))?;
        // SAFETY: the kernel has just opened it, and nothing else owns it.
        let counter = File::from(unsafe { OwnedFd::from_raw_fd(fd) });
        registry.register(&counter, token, Interest::READABLE)?;
        Ok(Self { counter })
    }

    /// Ends the wait that is under way, or else the next one.
    pub fn wake(&self) -> io::Result<()> {
        match (&self.counter).write(&1_u64.to_ne_bytes()) {
            // After 2^64 - 2 calls the counter is full. Start afresh.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.reset()?;
                self.wake()
            }
            result => result.map(drop),
        }
    }
}
// ANCHOR_END: s3_waker

impl Waker {
    /// Reads the counter, which makes it zero.
    fn reset(&self) -> io::Result<()> {
        match (&self.counter).read(&mut [0; 8]) {
            // Another thread was faster, so it is zero already.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            result => result.map(drop),
        }
    }
}
