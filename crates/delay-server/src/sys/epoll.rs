//! The poller on Linux, with `epoll(7)`: the set lives in the kernel, and a
//! wait returns only those sockets that have something to report.

use super::{Event, Interest, Wait, check, timeout_ms};
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// The most events that one wait reports; the next wait reports the rest.
const CAPACITY: usize = 1024;

/// A set of sockets to wait for.
#[derive(Debug)]
pub(crate) struct Poller {
    /// The epoll instance; closed with the poller.
    epoll: OwnedFd,
    /// Where the kernel writes events. Kept for its memory only.
    buffer: Vec<libc::epoll_event>,
}

impl Wait for Poller {
    fn new() -> io::Result<Self> {
        // SAFETY: the call takes a flag, no memory.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: the kernel has just made `fd`; nothing else owns it.
        let epoll = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self {
            epoll,
            buffer: Vec::with_capacity(CAPACITY),
        })
    }

    fn set(
        &mut self,
        socket: &impl AsFd,
        token: u64,
        old: Interest,
        new: Interest,
    ) -> io::Result<()> {
        let operation = match (old == Interest::NONE, new == Interest::NONE) {
            _ if old == new => return Ok(()),
            (true, _) => libc::EPOLL_CTL_ADD,
            (_, true) => libc::EPOLL_CTL_DEL,
            (false, false) => libc::EPOLL_CTL_MOD,
        };
        let mut events = 0;
        if new.read {
            events |= libc::EPOLLIN as u32;
        }
        if new.write {
            events |= libc::EPOLLOUT as u32;
        }
        let mut event = libc::epoll_event { events, u64: token };
        let epoll = self.epoll.as_raw_fd();
        let socket = socket.as_fd().as_raw_fd();
        // SAFETY: `event` lives through the call, which copies it. Both
        // descriptors are borrowed from their owners here, so they are open.
        check(unsafe {
            libc::epoll_ctl(epoll, operation, socket, &mut event)
        })?;
        Ok(())
    }

    fn wait(
        &mut self,
        events: &mut Vec<Event>,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        events.clear();
        self.buffer.clear();
        let epoll = self.epoll.as_raw_fd();
        let buffer = self.buffer.as_mut_ptr();
        let timeout = timeout_ms(timeout);
        // SAFETY: `new` reserved room for CAPACITY events in `buffer`, and
        // nothing else uses it during the call.
        let result = check(unsafe {
            libc::epoll_wait(epoll, buffer, CAPACITY as i32, timeout)
        });
        let n = match result {
            Ok(n) => n as usize,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => 0,
            Err(e) => return Err(e),
        };
        // SAFETY: the kernel has written the first `n` events.
        unsafe { self.buffer.set_len(n) };
        events.extend(self.buffer.iter().map(|event| {
            let bits = event.events as i32;
            let hangup = bits & (libc::EPOLLHUP | libc::EPOLLERR) != 0;
            let readable = bits & libc::EPOLLIN != 0 || hangup;
            Event {
                token: event.u64,
                readable,
                hangup,
            }
        }));
        Ok(())
    }
}
