//! Stage 2 of chapter 4: the same three calls, behind types that cannot be
//! mixed up.
//!
//! [`Poll`] waits, on one thread at a time. [`Registry`] says what to wait
//! for, from any thread. [`Events`] is the buffer that the kernel fills. A
//! source is anything with a descriptor. Events are edge-triggered: a change
//! is reported once. Chapter 4, Linux only. Left out: waking from another
//! thread (stage 3), sockets of our own (stage 4), other platforms (the
//! finished library).

use crate::errno::check;
use crate::ffi::{self, EpollEvent};
use crate::{Interest, Token};
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

// ANCHOR: s2_poll
/// The end of the queue where events come out. There is one.
#[derive(Debug)]
pub struct Poll {
    registry: Registry,
}

impl Poll {
    /// A new queue, with nothing in it.
    pub fn new() -> io::Result<Self> {
        let fd = check(ffi::epoll_create1(ffi::EPOLL_CLOEXEC))?;
        // SAFETY: the kernel has just opened it, and nothing else owns it.
        let queue = unsafe { OwnedFd::from_raw_fd(fd) };
        let registry = Registry { queue };
        Ok(Self { registry })
    }

    /// The other end of this queue.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}
// ANCHOR_END: s2_poll

// ANCHOR: s2_wait
impl Poll {
    /// Replaces `events` with what has happened and was not reported yet. If
    /// that is nothing, sleeps until something happens, the timeout expires
    /// (`None`: no timeout), or a signal comes: the error `Interrupted`.
    pub fn poll(
        &mut self,
        events: &mut Events,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        let queue = self.registry.queue.as_raw_fd();
        let room = events.list.capacity() as i32;
        events.list.clear();
        let first = events.list.as_mut_ptr().cast::<EpollEvent>();
        let time = milliseconds(timeout);
        // SAFETY: the kernel writes at most `room` events, which is what the
        // list has room for; an `Event` is an `EpollEvent`.
        let count = unsafe { ffi::epoll_wait(queue, first, room, time) };
        let count = check(count)? as usize;
        // SAFETY: `count` is at most `room`, and the kernel wrote that many.
        unsafe { events.list.set_len(count) };
        Ok(())
    }
}
// ANCHOR_END: s2_wait

// ANCHOR: s2_registry
/// The end of the queue where sources go in. There can be many.
#[derive(Debug)]
pub struct Registry {
    queue: OwnedFd,
}

impl Registry {
    // ANCHOR: s2_register
    /// From now on, report what happens to `source`, under this token.
    pub fn register(
        &self,
        source: &impl AsFd,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        self.control(ffi::EPOLL_CTL_ADD, source, token, flags(interest))
    }

    /// From now on, report something else, or under another token.
    pub fn reregister(
        &self,
        source: &impl AsFd,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        self.control(ffi::EPOLL_CTL_MOD, source, token, flags(interest))
    }

    /// From now on, report nothing about `source`.
    pub fn deregister(&self, source: &impl AsFd) -> io::Result<()> {
        self.control(ffi::EPOLL_CTL_DEL, source, Token(0), 0)
    }
    // ANCHOR_END: s2_register
}
// ANCHOR_END: s2_registry

// ANCHOR: s2_clone
impl Registry {
    /// One more registry for the same queue, for another thread.
    pub fn try_clone(&self) -> io::Result<Self> {
        let queue = self.queue.try_clone()?;
        Ok(Self { queue })
    }
}
// ANCHOR_END: s2_clone

// ANCHOR: s2_control
impl Registry {
    fn control(
        &self,
        operation: i32,
        source: &impl AsFd,
        token: Token,
        events: u32,
    ) -> io::Result<()> {
        let data = token.0 as u64;
        let mut event = EpollEvent { events, data };
        let (queue, fd) = (self.queue.as_raw_fd(), source.as_fd().as_raw_fd());
        // SAFETY: the kernel copies the event before the call returns.
        check(unsafe { ffi::epoll_ctl(queue, operation, fd, &mut event) })?;
        Ok(())
    }
}

// ANCHOR_END: s2_control

// ANCHOR: s2_flags
/// An interest in the kernel's language: edge-triggered, always.
fn flags(interest: Interest) -> u32 {
    let mut flags = ffi::EPOLLET;
    if interest.is_readable() {
        flags |= ffi::EPOLLIN | ffi::EPOLLRDHUP;
    }
    if interest.is_writable() {
        flags |= ffi::EPOLLOUT;
    }
    flags
}

/// A timeout in the kernel's language: whole milliseconds. -1 is none.
fn milliseconds(timeout: Option<Duration>) -> i32 {
    let Some(timeout) = timeout else { return -1 };
    let millis = timeout.as_nanos().div_ceil(1_000_000);
    i32::try_from(millis).unwrap_or(i32::MAX) // at most 24 days
}
// ANCHOR_END: s2_flags

// ANCHOR: s2_events
/// A buffer for events, which [`Poll::poll`] fills again and again.
#[derive(Debug)]
pub struct Events {
    list: Vec<Event>,
}

impl Events {
    /// Room for `capacity` events. The rest comes with the next wait.
    pub fn with_capacity(capacity: usize) -> Self {
        let list = Vec::with_capacity(capacity);
        Self { list }
    }

    /// The events of the last wait, in no particular order.
    pub fn iter(&self) -> std::slice::Iter<'_, Event> {
        self.list.iter()
    }
}

// ANCHOR_END: s2_events

// ANCHOR: s2_event
/// Something has happened to a source.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)] // so that the kernel writes it where we read it
pub struct Event(EpollEvent);

impl Event {
    /// Which source is it about?
    pub fn token(&self) -> Token {
        Token(self.0.data as usize)
    }

    /// Is there something to read, or the end of a connection?
    pub fn is_readable(&self) -> bool {
        self.0.events & ffi::EPOLLIN != 0
    }

    /// Is there room to write?
    pub fn is_writable(&self) -> bool {
        self.0.events & ffi::EPOLLOUT != 0
    }
}
// ANCHOR_END: s2_event
