//! The backend for macOS and the BSDs.
//!
//! Where epoll has one entry per descriptor, with a set of flags, kqueue has
//! one per *filter*: reading and writing are registered separately, and are
//! separate events. One call does everything: it takes changes and returns
//! events. `EV_CLEAR` is what epoll calls edge-triggered.
//!
//! The systems agree on how the calls work but not on the numbers
//! (`EVFILT_USER` alone has four values), so these come from libc.

use super::{Descriptors, Queue, Readiness, Wake};
use crate::errno::check;
use crate::interest::Interest;
use crate::token::Token;
use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[cfg(target_os = "linux")]
use super::libkqueue as raw;
#[cfg(not(target_os = "linux"))]
use libc as raw;

#[cfg(not(target_os = "netbsd"))]
type Filter = i16;
#[cfg(target_os = "netbsd")]
type Filter = u32;

#[cfg(not(target_os = "netbsd"))]
type Flags = u16;
#[cfg(target_os = "netbsd")]
type Flags = u32;

/// The longest timeout in seconds: three years. macOS refuses longer ones.
const LONGEST: u64 = 100_000_000;

// ANCHOR: kqueue_selector
/// A kqueue. Handles share one descriptor instead of duplicating it: that works
/// on all systems (libkqueue cannot be duplicated).
#[derive(Debug)]
pub(crate) struct Selector(Arc<OwnedFd>);
// ANCHOR_END: kqueue_selector

impl Queue for Selector {
    const REFUSES_DOUBLES: bool = false;

    fn new() -> io::Result<Self> {
        // SAFETY: takes nothing; there is nothing to uphold.
        #[cfg_attr(target_os = "linux", expect(unused_unsafe))]
        let fd = check(unsafe { raw::kqueue() })?;
        // SAFETY: the kernel has just opened it, and nothing else owns it.
        let queue = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: sets a flag of a descriptor that is ours.
        check(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) })?;
        Ok(Self(Arc::new(queue)))
    }

    fn try_clone(&self) -> io::Result<Self> {
        Ok(Self(Arc::clone(&self.0)))
    }

    // ANCHOR: kqueue_wait
    #[inline]
    fn wait(
        &self,
        events: &mut Vec<Event>,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        let time = timeout.map(timespec);
        let time = time.as_ref().map_or(ptr::null(), ptr::from_ref);
        let queue = self.0.as_raw_fd();
        let room = events.capacity().min(i32::MAX as usize);
        events.clear();
        let (none, first) = (ptr::null(), events.as_mut_ptr().cast());
        // SAFETY: the kernel reads no changes and one timeout, if there is
        // any, and writes at most `room` events, which is what the list has
        // room for: an `Event` is a `kevent` (`repr(transparent)`, below).
        let count =
            unsafe { raw::kevent(queue, none, 0, first, room as _, time) };
        let count = check(count)? as usize;
        // SAFETY: `count` is at most `room`, and the kernel wrote that many.
        unsafe { events.set_len(count) };
        Ok(())
    }
    // ANCHOR_END: kqueue_wait
}

fn timespec(timeout: Duration) -> libc::timespec {
    // SAFETY: numbers only; all zeroes is a valid one.
    let mut time: libc::timespec = unsafe { mem::zeroed() };
    time.tv_sec = timeout.as_secs().min(LONGEST) as libc::time_t;
    time.tv_nsec = timeout.subsec_nanos() as _;
    time
}

impl Descriptors for Selector {
    // ANCHOR: kqueue_register
    fn register(
        &self,
        fd: RawFd,
        token: Token,
        of: Interest,
    ) -> io::Result<()> {
        let add = |filter| entry(fd, filter, raw::EV_ADD, token);
        let (read, write) = (add(raw::EVFILT_READ), add(raw::EVFILT_WRITE));
        match (of.is_readable(), of.is_writable()) {
            (true, true) => self.change([write, read], 0)?,
            (true, false) => self.change([read], 0)?,
            (false, true) => self.change([write], 0)?,
            (false, false) => 0, // of another filter, such as AIO
        };
        Ok(())
    }
    // ANCHOR_END: kqueue_register

    // ANCHOR: kqueue_reregister
    fn reregister(
        &self,
        fd: RawFd,
        token: Token,
        of: Interest,
    ) -> io::Result<()> {
        let set = |filter, wanted| {
            let flags = if wanted { raw::EV_ADD } else { raw::EV_DELETE };
            entry(fd, filter, flags, token)
        };
        let (read, write) = (raw::EVFILT_READ, raw::EVFILT_WRITE);
        // First nothing, then what is wanted: adding an entry again changes
        // it, but may not report what is ready already. Perhaps there is
        // nothing to delete.
        let changes = [
            set(write, false),
            set(read, false),
            set(write, of.is_writable()),
            set(read, of.is_readable()),
        ];
        self.change(changes, libc::ENOENT)?;
        Ok(())
    }
    // ANCHOR_END: kqueue_reregister

    fn deregister(&self, fd: RawFd) -> io::Result<()> {
        match self.remove(fd) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    fn remove(&self, fd: RawFd) -> io::Result<()> {
        let remove = |filter| entry(fd, filter, raw::EV_DELETE, Token(0));
        let read = remove(raw::EVFILT_READ);
        let write = remove(raw::EVFILT_WRITE);
        match self.change([write, read], libc::ENOENT)? {
            2 => Err(io::Error::from_raw_os_error(libc::ENOENT)),
            _ => Ok(()), // one of them was there
        }
    }
}

// ANCHOR: kqueue_entry
/// A change of one entry, with a receipt that says how it went.
fn entry(fd: RawFd, filter: Filter, flags: Flags, token: Token) -> raw::kevent {
    // SAFETY: numbers and a pointer; all zeroes is a valid one.
    let mut entry: raw::kevent = unsafe { mem::zeroed() };
    entry.ident = fd as usize;
    entry.filter = filter;
    entry.flags = flags | raw::EV_CLEAR | raw::EV_RECEIPT;
    entry.udata = token.0 as *mut _; // a number to us, a pointer by name
    entry
}

// ANCHOR_END: kqueue_entry

impl Selector {
    // ANCHOR: kqueue_change
    /// Makes all changes. Returns the first error other than `accepted`, or how
    /// many changes failed with that one.
    fn change<const N: usize>(
        &self,
        mut changes: [raw::kevent; N],
        accepted: i32,
    ) -> io::Result<usize> {
        // SAFETY: numbers only; all zeroes is no time at all.
        let at_once: libc::timespec = unsafe { mem::zeroed() };
        let (queue, list) = (self.0.as_raw_fd(), changes.as_mut_ptr());
        // SAFETY: the kernel reads N changes and one timeout, and writes at
        // most N receipts, in this order, so they may share the memory.
        let done =
            unsafe { raw::kevent(queue, list, N as _, list, N as _, &at_once) };
        match check(done) {
            Ok(_) => {}
            // A signal comes after the changes, and leaves no receipts.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        let mut count = 0;
        for receipt in &changes {
            // EPIPE: a pipe's reader is gone, which becomes an event.
            let error = receipt.data as i32;
            let is_error = receipt.flags & raw::EV_ERROR != 0;
            if is_error && ![0, accepted, libc::EPIPE].contains(&error) {
                return Err(io::Error::from_raw_os_error(error));
            }
            // Regardless of the flag, which libkqueue does not set.
            count += usize::from(error != 0 && error == accepted);
        }
        Ok(count)
    }
    // ANCHOR_END: kqueue_change
}

impl AsFd for Selector {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

// ANCHOR: kqueue_event
/// What the kernel wrote, read in place.
#[derive(Clone)]
#[repr(transparent)]
pub(crate) struct Event(raw::kevent);

// SAFETY: the pointer in it is a token, and is never followed.
unsafe impl Send for Event {}
// SAFETY: nothing changes an event through a shared reference, and the pointer
// is never followed.
unsafe impl Sync for Event {}

impl Event {
    #[inline]
    fn is_of(&self, filter: Filter) -> bool {
        self.0.filter == filter
    }

    #[inline]
    fn is_end(&self) -> bool {
        self.0.flags & raw::EV_EOF != 0
    }
}

// ANCHOR_END: kqueue_event

impl Readiness for Event {
    #[inline]
    fn token(&self) -> Token {
        Token(self.0.udata as usize)
    }

    #[inline]
    fn is_readable(&self) -> bool {
        self.is_of(raw::EVFILT_READ) || self.is_of(raw::EVFILT_USER)
    }

    #[inline]
    fn is_writable(&self) -> bool {
        self.is_of(raw::EVFILT_WRITE)
    }

    #[inline]
    fn is_error(&self) -> bool {
        let error = self.0.flags & raw::EV_ERROR != 0;
        error || (self.is_end() && self.0.fflags != 0)
    }

    #[inline]
    fn is_read_closed(&self) -> bool {
        self.is_of(raw::EVFILT_READ) && self.is_end()
    }

    #[inline]
    fn is_write_closed(&self) -> bool {
        self.is_of(raw::EVFILT_WRITE) && self.is_end()
    }

    #[cfg(any(
        target_os = "dragonfly",
        target_os = "freebsd",
        target_vendor = "apple"
    ))]
    fn is_aio(&self) -> bool {
        self.is_of(raw::EVFILT_AIO)
    }

    #[cfg(target_os = "freebsd")]
    fn is_lio(&self) -> bool {
        self.is_of(raw::EVFILT_LIO)
    }
}

// ANCHOR: kqueue_waker
/// An entry of the queue itself, which any thread can trigger, without a
/// descriptor.
#[derive(Debug)]
pub(crate) struct Waker {
    queue: Selector,
    token: Token,
    /// Identifies it among the queue's wakers.
    ident: usize,
}

impl Wake for Waker {
    type Queue = Selector;

    fn new(queue: &Selector, token: Token) -> io::Result<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        // Relaxed: all that matters is that no two get the same number.
        let ident = NEXT.fetch_add(1, Ordering::Relaxed);
        let queue = queue.try_clone()?;
        let waker = Self {
            queue,
            token,
            ident,
        };
        waker.change(raw::EV_ADD | raw::EV_CLEAR, 0)?;
        Ok(waker)
    }

    fn wake(&self) -> io::Result<()> {
        self.change(0, raw::NOTE_TRIGGER)
    }
}

// ANCHOR_END: kqueue_waker

impl Waker {
    fn change(&self, flags: Flags, trigger: u32) -> io::Result<()> {
        // SAFETY: numbers and a pointer; all zeroes is a valid one.
        let mut entry: raw::kevent = unsafe { mem::zeroed() };
        entry.ident = self.ident;
        entry.filter = raw::EVFILT_USER;
        entry.flags = flags | raw::EV_RECEIPT;
        entry.fflags = trigger;
        entry.udata = self.token.0 as *mut _;
        self.queue.change([entry], 0)?;
        Ok(())
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        // A drop cannot report an error, and an entry that nothing can trigger
        // does no harm.
        let _ = self.change(raw::EV_DELETE, 0);
    }
}
