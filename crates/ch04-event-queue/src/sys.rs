//! The systems: one file per backend, and one list of what each must offer.
//!
//! Exactly one backend is compiled, and the rest of the crate knows it as
//! `sys`. The rest uses only what is in the traits below, and a backend that
//! lacks any of it does not compile: the last lines of this file see to that.

use crate::interest::Interest;
use crate::token::Token;
use std::io;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

#[cfg(all(target_os = "linux", not(event_queue_kqueue)))]
mod epoll;
#[cfg(all(target_os = "linux", not(event_queue_kqueue)))]
use epoll as backend;

#[cfg(not(any(
    target_os = "linux",
    target_os = "dragonfly",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_vendor = "apple",
    windows
)))]
compile_error!(
    "the event queue has backends for Linux (epoll), for macOS and the BSDs \
     (kqueue) and for Windows; there is none for this target"
);

#[cfg(any(all(unix, not(target_os = "linux")), event_queue_kqueue))]
mod kqueue;
#[cfg(any(all(unix, not(target_os = "linux")), event_queue_kqueue))]
use kqueue as backend;
#[cfg(event_queue_kqueue)]
mod libkqueue;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{AsRaw, Registration, connect, only_v6};

#[cfg(windows)]
mod afd;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
mod winsock;
#[cfg(windows)]
use windows as backend;
#[cfg(windows)]
pub(crate) use windows::registration::Registration;
#[cfg(windows)]
pub(crate) use windows::{AsRaw, connect, only_v6};

pub(crate) use backend::{Event, Selector, Waker};

// ANCHOR: sys_queue
/// The queue itself.
pub(crate) trait Queue: Sized {
    /// Does the system itself say `AlreadyExists` to a second registration?
    /// Where it does not, the source has to.
    const REFUSES_DOUBLES: bool = true;

    /// A new, empty queue, which is not inherited by programs that this one
    /// starts.
    fn new() -> io::Result<Self>;

    /// Another handle to the same queue.
    fn try_clone(&self) -> io::Result<Self>;

    /// Replaces `events` with what has happened, as far as there is room,
    /// without allocating. If that is nothing, sleeps, never less than the
    /// timeout. Says `Interrupted` if a signal ends the sleep.
    fn wait(
        &self,
        events: &mut Vec<Event>,
        timeout: Option<Duration>,
    ) -> io::Result<()>;
}

// ANCHOR_END: sys_queue

// ANCHOR: sys_readiness
/// One event, as the system wrote it.
pub(crate) trait Readiness: Clone {
    fn token(&self) -> Token;
    fn is_readable(&self) -> bool;
    fn is_writable(&self) -> bool;
    fn is_error(&self) -> bool;
    fn is_read_closed(&self) -> bool;
    fn is_write_closed(&self) -> bool;
    fn is_priority(&self) -> bool {
        false
    }
    fn is_aio(&self) -> bool {
        false
    }
    fn is_lio(&self) -> bool {
        false
    }
}
// ANCHOR_END: sys_readiness

// ANCHOR: sys_register
/// What a backend remembers about one socket; stored beside the socket, and
/// dropped before it is closed.
pub(crate) trait Register: Default {
    type Queue: Queue;

    /// Edge-triggered. A socket that is ready already gives an event.
    fn register(
        &mut self,
        queue: &Self::Queue,
        socket: &impl AsRaw,
        token: Token,
        interest: Interest,
    ) -> io::Result<()>;

    /// Replaces the registration. A socket that is ready already gives an
    /// event.
    fn reregister(
        &mut self,
        queue: &Self::Queue,
        socket: &impl AsRaw,
        token: Token,
        interest: Interest,
    ) -> io::Result<()>;

    /// No events from now on, not even one that is pending. `NotFound` if the
    /// socket is not in the queue.
    fn deregister(
        &mut self,
        queue: &Self::Queue,
        socket: &impl AsRaw,
    ) -> io::Result<()>;

    /// Runs an operation on the socket that may fail with `WouldBlock`: then
    /// the program waits `for_what`.
    fn io<R>(
        &self,
        for_what: Interest,
        operation: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R>;

    /// The same for a socket of datagrams: whatever the error, it may be about
    /// one of them, and the next may be there.
    #[inline]
    fn io_of_datagrams<R>(
        &self,
        for_what: Interest,
        operation: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        self.io(for_what, operation)
    }
}

// ANCHOR_END: sys_register

// ANCHOR: sys_wake
/// Ends a wait from another thread, with a readable event.
pub(crate) trait Wake: Sized + Send + Sync {
    type Queue: Queue;
    fn new(queue: &Self::Queue, token: Token) -> io::Result<Self>;
    fn wake(&self) -> io::Result<()>;
}

/// On Unix: sources that are identified by their descriptor.
#[cfg(unix)]
pub(crate) trait Descriptors: std::os::fd::AsFd {
    fn register(&self, fd: Fd, token: Token, of: Interest) -> io::Result<()>;
    fn reregister(&self, fd: Fd, token: Token, of: Interest) -> io::Result<()>;
    fn deregister(&self, fd: Fd) -> io::Result<()>;
    /// The same, but `NotFound` if it was not registered, on all systems.
    fn remove(&self, fd: Fd) -> io::Result<()>;
}
// ANCHOR_END: sys_wake

#[cfg(unix)]
use std::os::fd::RawFd as Fd;

// ANCHOR: sys_complete
/// A backend is complete if this compiles.
const fn complete<Q, E, R, W>()
where
    Q: Queue + Send + Sync,
    E: Readiness + Send + Sync,
    R: Register<Queue = Q> + Send + Sync,
    W: Wake<Queue = Q>,
{
}

const _: () = complete::<Selector, Event, Registration, Waker>();

/// And two calls that the standard library lacks: a TCP socket that has begun
/// to connect, and whether a UDP socket is for IPv6 only.
const _: fn(SocketAddr) -> io::Result<TcpStream> = connect;
const _: fn(&UdpSocket) -> io::Result<bool> = only_v6;
// ANCHOR_END: sys_complete
