//! The peers: each does the same, in its own way.

use ch04_event_queue as queue;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

/// How many events each has room for.
const ROOM: usize = 1_024;

/// The token of wakers.
const WAKER: usize = usize::MAX;

pub fn check(result: i32) -> io::Result<i32> {
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}

/// Makes an eventfd ready.
#[inline]
pub fn write(source: RawFd) {
    let one = 1_u64;
    // SAFETY: the kernel reads eight bytes, and there are eight.
    let count = unsafe { libc::write(source, (&raw const one).cast(), 8) };
    assert_eq!(count, 8);
}

/// Makes it not ready again.
#[inline]
pub fn read(source: RawFd) {
    let mut counter = 0_u64;
    // SAFETY: the kernel writes eight bytes, and there is room for eight.
    let count = unsafe { libc::read(source, (&raw mut counter).cast(), 8) };
    assert_eq!(count, 8);
}

/// An event queue as the benchmark uses it: edge-triggered, readable only.
pub trait Peer: Sized + Send + 'static {
    type Waker: Send + Sync + 'static;

    fn new() -> io::Result<Self>;
    fn add(&mut self, source: RawFd, index: usize) -> io::Result<()>;
    fn remove(&mut self, source: RawFd) -> io::Result<()>;

    /// Waits once, and calls `ready` with each source that is. Returns how
    /// many.
    fn wait(
        &mut self,
        sources: &[RawFd],
        timeout: Option<Duration>,
        ready: impl FnMut(RawFd),
    ) -> io::Result<usize>;

    fn waker(&mut self) -> io::Result<Self::Waker>;
    fn wake(waker: &Self::Waker) -> io::Result<()>;

    /// Waits until it is woken.
    fn sleep(&mut self) -> io::Result<()>;
}

/// The bare calls.
pub struct Raw {
    queue: OwnedFd,
    events: Vec<libc::epoll_event>,
}

impl Peer for Raw {
    type Waker = OwnedFd;

    fn new() -> io::Result<Self> {
        // SAFETY: takes a number; there is nothing to uphold.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: the kernel has just opened it for us.
        let queue = unsafe { OwnedFd::from_raw_fd(fd) };
        let events = Vec::with_capacity(ROOM);
        Ok(Self { queue, events })
    }

    fn add(&mut self, source: RawFd, index: usize) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: (libc::EPOLLIN | libc::EPOLLET) as u32,
            u64: index as u64,
        };
        let (queue, add) = (self.queue.as_raw_fd(), libc::EPOLL_CTL_ADD);
        // SAFETY: the kernel copies the event before the call returns.
        check(unsafe { libc::epoll_ctl(queue, add, source, &mut event) })?;
        Ok(())
    }

    fn remove(&mut self, source: RawFd) -> io::Result<()> {
        let (queue, remove) = (self.queue.as_raw_fd(), libc::EPOLL_CTL_DEL);
        let none = ptr::null_mut();
        // SAFETY: the kernel reads no event when it removes something.
        check(unsafe { libc::epoll_ctl(queue, remove, source, none) })?;
        Ok(())
    }

    #[inline]
    fn wait(
        &mut self,
        sources: &[RawFd],
        timeout: Option<Duration>,
        mut ready: impl FnMut(RawFd),
    ) -> io::Result<usize> {
        let time = if timeout.is_some() { 0 } else { -1 };
        let (queue, events) = (self.queue.as_raw_fd(), &mut self.events);
        events.clear();
        let (first, room) = (events.as_mut_ptr(), ROOM as i32);
        // SAFETY: the kernel writes at most as many as there is room for.
        let count = unsafe { libc::epoll_wait(queue, first, room, time) };
        let count = check(count)? as usize;
        // SAFETY: `count` is what the kernel says that it has written.
        unsafe { events.set_len(count) };
        for event in events.iter() {
            ready(sources[event.u64 as usize]);
        }
        Ok(count)
    }

    fn waker(&mut self) -> io::Result<OwnedFd> {
        let flags = libc::EFD_CLOEXEC | libc::EFD_NONBLOCK;
        // SAFETY: takes two numbers; there is nothing to uphold.
        let fd = check(unsafe { libc::eventfd(0, flags) })?;
        // SAFETY: the kernel has just opened it for us.
        let waker = unsafe { OwnedFd::from_raw_fd(fd) };
        self.add(fd, WAKER)?;
        Ok(waker)
    }

    fn wake(waker: &OwnedFd) -> io::Result<()> {
        write(waker.as_raw_fd());
        Ok(())
    }

    fn sleep(&mut self) -> io::Result<()> {
        let (queue, first) = (self.queue.as_raw_fd(), self.events.as_mut_ptr());
        // SAFETY: the kernel writes at most one event, and there is room.
        check(unsafe { libc::epoll_wait(queue, first, 1, -1) })?;
        Ok(())
    }
}

/// This crate and mio have one interface, and one implementation of `Peer`.
macro_rules! peer {
    ($name:ident, $queue:ident) => {
        pub struct $name {
            poll: $queue::Poll,
            events: $queue::Events,
        }

        impl Peer for $name {
            type Waker = $queue::Waker;

            fn new() -> io::Result<Self> {
                let poll = $queue::Poll::new()?;
                let events = $queue::Events::with_capacity(ROOM);
                Ok(Self { poll, events })
            }

            fn add(&mut self, source: RawFd, index: usize) -> io::Result<()> {
                use $queue::unix::SourceFd;
                self.poll.registry().register(
                    &mut SourceFd(&source),
                    $queue::Token(index),
                    $queue::Interest::READABLE,
                )
            }

            fn remove(&mut self, source: RawFd) -> io::Result<()> {
                use $queue::unix::SourceFd;
                self.poll.registry().deregister(&mut SourceFd(&source))
            }

            #[inline]
            fn wait(
                &mut self,
                sources: &[RawFd],
                timeout: Option<Duration>,
                mut ready: impl FnMut(RawFd),
            ) -> io::Result<usize> {
                self.poll.poll(&mut self.events, timeout)?;
                let mut count = 0;
                for event in &self.events {
                    ready(sources[event.token().0]);
                    count += 1;
                }
                Ok(count)
            }

            fn waker(&mut self) -> io::Result<$queue::Waker> {
                let token = $queue::Token(WAKER);
                $queue::Waker::new(self.poll.registry(), token)
            }

            fn wake(waker: &$queue::Waker) -> io::Result<()> {
                waker.wake()
            }

            fn sleep(&mut self) -> io::Result<()> {
                self.poll.poll(&mut self.events, None)
            }
        }
    };
}

peer!(Ours, queue);
peer!(Mio, mio);

/// polling in its default mode, and in the mode that resembles the others.
macro_rules! polling_peer {
    ($name:ident, $mode:ident, $again:expr) => {
        pub struct $name {
            poller: Arc<polling::Poller>,
            events: polling::Events,
        }

        impl Peer for $name {
            type Waker = Arc<polling::Poller>;

            fn new() -> io::Result<Self> {
                let room = const { NonZeroUsize::new(ROOM).unwrap() };
                let poller = Arc::new(polling::Poller::new()?);
                let events = polling::Events::with_capacity(room);
                Ok(Self { poller, events })
            }

            fn add(&mut self, source: RawFd, index: usize) -> io::Result<()> {
                let interest = polling::Event::readable(index);
                let mode = polling::PollMode::$mode;
                // SAFETY: the sources live longer than any peer.
                unsafe { self.poller.add_with_mode(source, interest, mode) }
            }

            fn remove(&mut self, source: RawFd) -> io::Result<()> {
                self.poller.delete(borrowed(source))
            }

            #[inline]
            fn wait(
                &mut self,
                sources: &[RawFd],
                timeout: Option<Duration>,
                mut ready: impl FnMut(RawFd),
            ) -> io::Result<usize> {
                self.events.clear();
                self.poller.wait(&mut self.events, timeout)?;
                let mut count = 0;
                for event in self.events.iter() {
                    let source = sources[event.key];
                    ready(source);
                    if $again {
                        let interest = polling::Event::readable(event.key);
                        self.poller.modify(borrowed(source), interest)?;
                    }
                    count += 1;
                }
                Ok(count)
            }

            fn waker(&mut self) -> io::Result<Arc<polling::Poller>> {
                Ok(Arc::clone(&self.poller))
            }

            fn wake(waker: &Arc<polling::Poller>) -> io::Result<()> {
                waker.notify()
            }

            fn sleep(&mut self) -> io::Result<()> {
                self.events.clear();
                self.poller.wait(&mut self.events, None).map(drop)
            }
        }
    };
}

polling_peer!(Polling, Oneshot, true);
polling_peer!(PollingEdge, Edge, false);

fn borrowed(source: RawFd) -> BorrowedFd<'static> {
    // SAFETY: the sources are open as long as any peer is used.
    unsafe { BorrowedFd::borrow_raw(source) }
}
