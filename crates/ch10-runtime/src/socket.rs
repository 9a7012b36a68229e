//! The system calls on sockets: the lowest layer of `net`.
//!
//! It is apart so that `tests/faults` can put another one in its place, in
//! which reads and writes are short, waits are interrupted and connections
//! break off; and so that a simulation can have a network of its own.

use ch04_event_queue::{Events, Poll};
use event::Source;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

// What a socket is, and where it is registered: in a simulation it's another.
pub(crate) use ch04_event_queue::{Interest, Registry, Token, event, net};

// ANCHOR: attempt
/// What an attempt has done, and whether it was the last one that can do
/// something before the next event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<T> {
    pub(crate) value: T,
    /// Nothing is left to read, or no room to write. `false`: unknown.
    pub(crate) exhausted: bool,
}

impl<T> Attempt<T> {
    /// One that says nothing about what is left.
    #[inline]
    pub(crate) fn of(value: T) -> Self {
        let exhausted = false;
        Self { value, exhausted }
    }
}

impl Attempt<usize> {
    /// `bytes` of `asked` bytes were moved. Fewer than asked: there are no more
    /// at the moment, and a call that says `WouldBlock` is saved. On Windows
    /// it is not, as only after that one the queue asks for the next event.
    #[inline]
    pub(crate) fn stream(bytes: usize, asked: usize) -> Self {
        Self {
            value: bytes,
            exhausted: cfg!(unix) && bytes < asked,
        }
    }
}
// ANCHOR_END: attempt

/// See [`Poll::poll`].
#[inline]
pub(crate) fn wait(
    poll: &mut Poll,
    events: &mut Events,
    timeout: Option<Duration>,
) -> io::Result<()> {
    poll.poll(events, timeout)
}

/// See [`Registry::register`].
pub(crate) fn register(
    registry: &Registry,
    source: &mut impl Source,
    token: Token,
    interests: Interest,
) -> io::Result<()> {
    registry.register(source, token, interests)
}

/// See [`Registry::deregister`].
pub(crate) fn deregister(
    registry: &Registry,
    source: &mut impl Source,
) -> io::Result<()> {
    registry.deregister(source)
}

pub(crate) fn accept(
    listener: &net::TcpListener,
) -> io::Result<Attempt<(net::TcpStream, SocketAddr)>> {
    listener.accept().map(Attempt::of)
}

#[inline]
pub(crate) fn read(
    mut stream: &net::TcpStream,
    bytes: &mut [u8],
) -> io::Result<Attempt<usize>> {
    let read = stream.read(bytes)?;
    Ok(Attempt::stream(read, bytes.len()))
}

pub(crate) fn read_vectored(
    mut stream: &net::TcpStream,
    bufs: &mut [IoSliceMut<'_>],
) -> io::Result<Attempt<usize>> {
    let asked = bufs.iter().map(|buf| buf.len()).sum();
    let read = stream.read_vectored(bufs)?;
    Ok(Attempt::stream(read, asked))
}

pub(crate) fn peek(
    stream: &net::TcpStream,
    bytes: &mut [u8],
) -> io::Result<Attempt<usize>> {
    stream.peek(bytes).map(Attempt::of)
}

#[inline]
pub(crate) fn write(
    mut stream: &net::TcpStream,
    bytes: &[u8],
) -> io::Result<Attempt<usize>> {
    let written = stream.write(bytes)?;
    Ok(Attempt::stream(written, bytes.len()))
}

pub(crate) fn write_vectored(
    mut stream: &net::TcpStream,
    bufs: &[IoSlice<'_>],
) -> io::Result<Attempt<usize>> {
    let asked = bufs.iter().map(|buf| buf.len()).sum();
    let written = stream.write_vectored(bufs)?;
    Ok(Attempt::stream(written, asked))
}

pub(crate) fn send_to(
    socket: &net::UdpSocket,
    bytes: &[u8],
    to: SocketAddr,
) -> io::Result<Attempt<usize>> {
    socket.send_to(bytes, to).map(Attempt::of)
}

pub(crate) fn recv_from(
    socket: &net::UdpSocket,
    bytes: &mut [u8],
) -> io::Result<Attempt<(usize, SocketAddr)>> {
    socket.recv_from(bytes).map(Attempt::of)
}
