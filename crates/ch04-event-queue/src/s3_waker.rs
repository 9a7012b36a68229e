//! Stage 3 of chapter 4: a hand on the sleeper's shoulder.
//!
//! A thread that waits for sockets hears nothing else. A [`Waker`] is a source
//! that another thread makes ready: an eventfd, a counter of the kernel behind
//! a descriptor. Chapter 4, Linux only.

use crate::errno::check;
use crate::ffi;
use crate::s2_queue::Registry;
use crate::{Interest, Token};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};

// ANCHOR: s3_waker
/// Makes a [`Poll`](crate::s2_queue::Poll) return, from any thread. Keep it
/// until that was seen: dropped, it takes its event with it.
#[derive(Debug)]
pub struct Waker {
    /// The eventfd. A `File` has `read` and `write`, which is all it needs.
    counter: File,
}

impl Waker {
    /// A waker for the queue of `registry`, whose events come as `token`.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let flags = ffi::EFD_CLOEXEC | ffi::EFD_NONBLOCK;
        let fd = check(ffi::eventfd(0, flags))?;
        // SAFETY: the kernel has just opened it, and nobody else knows of it.
        let counter = File::from(unsafe { OwnedFd::from_raw_fd(fd) });
        registry.register(&counter, token, Interest::READABLE)?;
        Ok(Self { counter })
    }

    /// The next wait, or the one that is going on, returns with an event.
    pub fn wake(&self) -> io::Result<()> {
        match (&self.counter).write(&1_u64.to_ne_bytes()) {
            // After 2^64 - 2 calls the counter is full. Start again.
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
            // Another thread was faster. It is zero, then.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            result => result.map(drop),
        }
    }
}
