//! The backend for Linux.
//!
//! The thinnest of the three, because the interface was modelled on epoll. The
//! queue is its descriptor, and an event is what it writes.

use super::{Descriptors, Queue, Readiness, Wake};
use crate::errno::check;
use crate::ffi::{self, EpollEvent};
use crate::interest::Interest;
use crate::token::Token;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::time::Duration;

/// The most events that the kernel accepts room for: their size in bytes has to
/// fit into a C `int`.
const MOST: usize = i32::MAX as usize / size_of::<EpollEvent>();

// ANCHOR: epoll_selector
/// A descriptor of an epoll instance.
#[derive(Debug)]
pub(crate) struct Selector(OwnedFd);

impl Queue for Selector {
    fn new() -> io::Result<Self> {
        let fd = check(ffi::epoll_create1(ffi::EPOLL_CLOEXEC))?;
        // SAFETY: the kernel has just opened it, and nothing else owns it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    fn try_clone(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    #[inline]
    fn wait(
        &self,
        events: &mut Vec<Event>,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        let queue = self.0.as_raw_fd();
        let room = events.capacity().min(MOST) as i32;
        events.clear();
        let (first, time) = (events.as_mut_ptr(), milliseconds(timeout));
        // SAFETY: the kernel writes at most `room` events, and the list has
        // room for that many.
        let count = unsafe { ffi::epoll_wait(queue, first, room, time) };
        let count = check(count)? as usize;
        // SAFETY: `count` is at most `room`, and the kernel wrote that many.
        unsafe { events.set_len(count) };
        Ok(())
    }
}
// ANCHOR_END: epoll_selector

/// Whole milliseconds, rounded up; the longest possible if it does not fit.
#[inline]
fn milliseconds(timeout: Option<Duration>) -> i32 {
    let Some(timeout) = timeout else { return -1 };
    let part = timeout.subsec_nanos().div_ceil(1_000_000);
    let whole = timeout.as_secs().saturating_mul(1_000);
    let all = whole.saturating_add(u64::from(part));
    i32::try_from(all).unwrap_or(i32::MAX)
}

// ANCHOR: epoll_register
impl Descriptors for Selector {
    fn register(
        &self,
        fd: RawFd,
        token: Token,
        of: Interest,
    ) -> io::Result<()> {
        self.control(ffi::EPOLL_CTL_ADD, fd, token, of)
    }

    fn reregister(
        &self,
        fd: RawFd,
        token: Token,
        of: Interest,
    ) -> io::Result<()> {
        self.control(ffi::EPOLL_CTL_MOD, fd, token, of)
    }

    fn deregister(&self, fd: RawFd) -> io::Result<()> {
        let (queue, none) = (self.0.as_raw_fd(), ptr::null_mut());
        // SAFETY: the kernel reads no event when it removes something.
        check(unsafe { ffi::epoll_ctl(queue, ffi::EPOLL_CTL_DEL, fd, none) })?;
        Ok(())
    }

    fn remove(&self, fd: RawFd) -> io::Result<()> {
        self.deregister(fd) // the kernel says `NotFound` by itself
    }
}

// ANCHOR_END: epoll_register

impl Selector {
    // ANCHOR: epoll_control
    fn control(
        &self,
        operation: i32,
        fd: RawFd,
        token: Token,
        of: Interest,
    ) -> io::Result<()> {
        let mut events = ffi::EPOLLET;
        if of.is_readable() {
            // RDHUP says that the peer has ended its side, even while bytes
            // are unread.
            events |= ffi::EPOLLIN | ffi::EPOLLRDHUP;
        }
        if of.is_writable() {
            events |= ffi::EPOLLOUT;
        }
        if of.is_priority() {
            events |= ffi::EPOLLPRI;
        }
        let data = token.0 as u64;
        let mut event = EpollEvent { events, data };
        let queue = self.0.as_raw_fd();
        // SAFETY: the kernel copies the event before the call returns.
        check(unsafe { ffi::epoll_ctl(queue, operation, fd, &mut event) })?;
        Ok(())
    }
    // ANCHOR_END: epoll_control
}

impl AsFd for Selector {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

// ANCHOR: epoll_event
/// What the kernel wrote, read in place.
pub(crate) type Event = EpollEvent;

/// Is any of these flags set?
#[inline]
fn any(event: &Event, flags: u32) -> bool {
    event.events & flags != 0
}

/// Are all of these flags set?
#[inline]
fn all(event: &Event, flags: u32) -> bool {
    event.events & flags == flags
}

// ANCHOR_END: epoll_event

impl Readiness for Event {
    #[inline]
    fn token(&self) -> Token {
        Token(self.data as usize)
    }

    #[inline]
    fn is_readable(&self) -> bool {
        any(self, ffi::EPOLLIN | ffi::EPOLLPRI)
    }

    #[inline]
    fn is_writable(&self) -> bool {
        any(self, ffi::EPOLLOUT)
    }

    #[inline]
    fn is_error(&self) -> bool {
        any(self, ffi::EPOLLERR)
    }

    // ANCHOR: epoll_closed
    #[inline]
    fn is_read_closed(&self) -> bool {
        any(self, ffi::EPOLLHUP) || all(self, ffi::EPOLLIN | ffi::EPOLLRDHUP)
    }

    #[inline]
    fn is_write_closed(&self) -> bool {
        // A pipe whose reader is gone says ERR, with OUT while there is room
        // and alone when there is none.
        any(self, ffi::EPOLLHUP)
            || all(self, ffi::EPOLLOUT | ffi::EPOLLERR)
            || self.events == ffi::EPOLLERR
    }
    // ANCHOR_END: epoll_closed

    #[inline]
    fn is_priority(&self) -> bool {
        any(self, ffi::EPOLLPRI)
    }
}

// ANCHOR: epoll_waker
/// An eventfd: a counter that is readable unless it is zero. It need not be
/// read, since each write is a change, which an edge-triggered queue reports.
#[derive(Debug)]
pub(crate) struct Waker(File);

impl Wake for Waker {
    type Queue = Selector;

    fn new(queue: &Selector, token: Token) -> io::Result<Self> {
        let flags = ffi::EFD_CLOEXEC | ffi::EFD_NONBLOCK;
        let fd = check(ffi::eventfd(0, flags))?;
        // SAFETY: the kernel has just opened it, and nothing else owns it.
        let counter = File::from(unsafe { OwnedFd::from_raw_fd(fd) });
        queue.register(fd, token, Interest::READABLE)?;
        Ok(Self(counter))
    }

    fn wake(&self) -> io::Result<()> {
        loop {
            match (&self.0).write(&1_u64.to_ne_bytes()) {
                Ok(_) => return Ok(()),
                // After 2^64 - 2 calls the counter is full. Reading sets it to
                // zero; if another thread was faster, it is zero already.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let _ = (&self.0).read(&mut [0; 8]);
                }
                Err(error) => return Err(error),
            }
        }
    }
}
// ANCHOR_END: epoll_waker

#[cfg(test)]
mod tests {
    use super::milliseconds;
    use std::time::Duration;

    #[test]
    fn timeouts_round_up_and_saturate() {
        let ms = |timeout| milliseconds(Some(timeout));
        assert_eq!(milliseconds(None), -1);
        assert_eq!(ms(Duration::ZERO), 0);
        assert_eq!(ms(Duration::from_nanos(1)), 1);
        assert_eq!(ms(Duration::from_millis(1)), 1);
        assert_eq!(ms(Duration::from_nanos(1_000_001)), 2);
        assert_eq!(ms(Duration::new(1, 999_999_999)), 2_000);
        assert_eq!(ms(Duration::from_millis(i32::MAX as u64)), i32::MAX);
        assert_eq!(ms(Duration::MAX), i32::MAX);
    }

    #[test]
    fn a_counter_that_is_full_starts_again() {
        use super::{Queue as _, Selector, Wake as _, Waker};
        use crate::token::Token;
        use std::io::Write;

        let queue = Selector::new().unwrap();
        let waker = Waker::new(&queue, Token(5)).unwrap();
        let full = u64::MAX - 1;
        (&waker.0).write_all(&full.to_ne_bytes()).unwrap();
        let mut events = Vec::with_capacity(4);
        queue.wait(&mut events, None).unwrap();
        assert_eq!(events.len(), 1);
        waker.wake().unwrap();
        queue.wait(&mut events, Some(Duration::ZERO)).unwrap();
        assert_eq!(events.len(), 1);
    }
}
