//! Sockets that wait in the reactor: a connection, and chapter 7's request.

use crate::future::{Future, PollState, Waker};
use crate::reactor::{Direction, Handle, Registration};
use ch04_event_queue::net;
use ch07_coroutines::{self as ch07, Future as _};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

// ANCHOR: get
/// Chapter 7's client, and the reactor that its requests wait in.
#[derive(Clone, Debug)]
pub struct Http {
    http: ch07::Http,
    reactor: Handle,
}

/// Chapter 7's request. It waits in the reactor.
#[derive(Debug)]
pub struct Get {
    get: ch07::Get,
    /// The number of the connection that is registered, and where it waits. A
    /// connection that the server has closed is replaced by another one.
    registration: Option<(u32, Registration)>,
    reactor: Handle,
}

impl Future for Get {
    type Output = io::Result<String>;

    fn poll(&mut self, waker: &Waker) -> PollState<Self::Output> {
        loop {
            if let PollState::Ready(reply) = self.get.poll() {
                self.registration = None;
                return PollState::Ready(reply);
            }
            match self.ask_slot(waker) {
                Ok(true) => {} // perhaps something has happened since
                Ok(false) => return PollState::NotReady,
                Err(error) => return PollState::Ready(Err(error)),
            }
        }
    }
}
// ANCHOR_END: get

// ANCHOR: ask_slot
impl Get {
    /// Has its socket become ready? If not, `waker` is left there.
    fn ask_slot(&mut self, waker: &Waker) -> io::Result<bool> {
        let Some(waiting) = self.get.waits_for() else {
            return Ok(true); // not after `NotReady`: it waits for something
        };
        let direction = match waiting.interest.is_readable() {
            true => Direction::Read,
            false => Direction::Write,
        };
        let registration = match self.registration.take() {
            Some((of, registration)) if of == waiting.connection => {
                registration
            }
            _ => self.reactor.register(waiting.stream)?,
        };
        let ready = registration.poll_ready(direction, waker)?;
        self.registration = Some((waiting.connection, registration));
        Ok(ready)
    }
}
// ANCHOR_END: ask_slot

impl Http {
    /// A client of the server at `server`.
    #[must_use]
    pub fn new(server: SocketAddr, reactor: &Handle) -> Self {
        let (http, reactor) = (ch07::Http::new(server), reactor.clone());
        Self { http, reactor }
    }

    /// A request of `path`, as [`ch07::Http::get`] makes it. The reactor being
    /// gone is one more error, of kind `BrokenPipe`.
    ///
    /// # Panics
    ///
    /// The future does if it is polled after it was ready.
    pub fn get(&self, path: &str) -> Get {
        let (get, reactor) = (self.http.get(path), self.reactor.clone());
        let registration = None;
        Get {
            get,
            registration,
            reactor,
        }
    }
}

// ANCHOR: stream
/// A connection. One task can read from it while another one writes.
#[derive(Debug)]
pub struct TcpStream {
    stream: net::TcpStream,
    registration: Registration,
}

impl TcpStream {
    // ANCHOR_END: stream
    /// Reads what is there, or waits for more. No bytes are the end.
    ///
    /// # Errors
    ///
    /// Those of reading, and the reactor's being gone.
    pub fn poll_read(
        &self,
        bytes: &mut [u8],
        waker: &Waker,
    ) -> PollState<io::Result<usize>> {
        self.poll_io(Direction::Read, waker, || (&self.stream).read(bytes))
    }

    /// Writes what there is room for, or waits for room.
    ///
    /// # Errors
    ///
    /// Those of writing, and the reactor's being gone.
    pub fn poll_write(
        &self,
        bytes: &[u8],
        waker: &Waker,
    ) -> PollState<io::Result<usize>> {
        self.poll_io(Direction::Write, waker, || (&self.stream).write(bytes))
    }

    // ANCHOR: poll_io
    /// Tries, and if it would have to wait, leaves the waker.
    fn poll_io<T>(
        &self,
        direction: Direction,
        waker: &Waker,
        mut attempt: impl FnMut() -> io::Result<T>,
    ) -> PollState<io::Result<T>> {
        loop {
            match attempt() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    continue;
                }
                done => return PollState::Ready(done),
            }
            match self.registration.poll_ready(direction, waker) {
                Ok(true) => {} // perhaps it has become ready since: try again
                Ok(false) => return PollState::NotReady,
                Err(error) => return PollState::Ready(Err(error)),
            }
        }
    }
    // ANCHOR_END: poll_io
}

impl TcpStream {
    /// Begins to connect. The first write waits until it is decided.
    ///
    /// # Errors
    ///
    /// If connecting fails at once, and as [`Handle::register`].
    pub fn connect(addr: SocketAddr, reactor: &Handle) -> io::Result<Self> {
        Self::new(net::TcpStream::connect(addr)?, reactor)
    }

    /// Takes over a connection, and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be, and as [`Handle::register`].
    pub fn from_std(
        stream: std::net::TcpStream,
        reactor: &Handle,
    ) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Self::new(net::TcpStream::from_std(stream), reactor)
    }

    fn new(mut stream: net::TcpStream, reactor: &Handle) -> io::Result<Self> {
        let registration = reactor.register(&mut stream)?;
        Ok(Self {
            stream,
            registration,
        })
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        // The queue forgets a closed socket anyway; one with a duplicate, not.
        let _ = self.registration.deregister(&mut self.stream);
    }
}
