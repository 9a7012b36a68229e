//! `crate::socket` that counts its calls, over the real one. Each call is one
//! system call; the counts are those of the thread that asks.

#[path = "../../src/socket.rs"]
mod real;

use ch04_event_queue::{Events, Poll};
use event::Source;
use std::cell::Cell;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::time::Duration;

pub(crate) use ch04_event_queue::{Interest, Registry, Token, event, net};
pub(crate) use real::Attempt;

/// What a thread has called.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Calls {
    /// `epoll_wait`, and on other systems what stands for it.
    pub(crate) waits: u32,
    /// What these have brought.
    pub(crate) events: u32,
    /// Calls that move bytes.
    pub(crate) transfers: u32,
    /// All others.
    pub(crate) others: u32,
}

thread_local! {
    static CALLS: Cell<Calls> = const {
        Cell::new(Calls { waits: 0, events: 0, transfers: 0, others: 0 })
    };
}

/// What this thread has called until now.
pub(crate) fn calls() -> Calls {
    CALLS.get()
}

fn count(add: impl FnOnce(&mut Calls)) {
    let mut calls = CALLS.get();
    add(&mut calls);
    CALLS.set(calls);
}

fn transfer() {
    count(|calls| calls.transfers += 1);
}

fn other() {
    count(|calls| calls.others += 1);
}

pub(crate) fn wait(
    poll: &mut Poll,
    events: &mut Events,
    timeout: Option<Duration>,
) -> io::Result<()> {
    let waited = real::wait(poll, events, timeout);
    let brought = events.iter().count() as u32;
    count(|calls| {
        calls.waits += 1;
        calls.events += brought;
    });
    waited
}

pub(crate) fn register(
    registry: &Registry,
    source: &mut impl Source,
    token: Token,
    interests: Interest,
) -> io::Result<()> {
    other();
    real::register(registry, source, token, interests)
}

pub(crate) fn deregister(
    registry: &Registry,
    source: &mut impl Source,
) -> io::Result<()> {
    other();
    real::deregister(registry, source)
}

pub(crate) fn accept(
    listener: &net::TcpListener,
) -> io::Result<Attempt<(net::TcpStream, SocketAddr)>> {
    other();
    real::accept(listener)
}

pub(crate) fn read(
    stream: &net::TcpStream,
    bytes: &mut [u8],
) -> io::Result<Attempt<usize>> {
    transfer();
    real::read(stream, bytes)
}

pub(crate) fn read_vectored(
    stream: &net::TcpStream,
    bufs: &mut [IoSliceMut<'_>],
) -> io::Result<Attempt<usize>> {
    transfer();
    real::read_vectored(stream, bufs)
}

pub(crate) fn peek(
    stream: &net::TcpStream,
    bytes: &mut [u8],
) -> io::Result<Attempt<usize>> {
    transfer();
    real::peek(stream, bytes)
}

pub(crate) fn write(
    stream: &net::TcpStream,
    bytes: &[u8],
) -> io::Result<Attempt<usize>> {
    transfer();
    real::write(stream, bytes)
}

pub(crate) fn write_vectored(
    stream: &net::TcpStream,
    bufs: &[IoSlice<'_>],
) -> io::Result<Attempt<usize>> {
    transfer();
    real::write_vectored(stream, bufs)
}

pub(crate) fn send_to(
    socket: &net::UdpSocket,
    bytes: &[u8],
    to: SocketAddr,
) -> io::Result<Attempt<usize>> {
    transfer();
    real::send_to(socket, bytes, to)
}

pub(crate) fn recv_from(
    socket: &net::UdpSocket,
    bytes: &mut [u8],
) -> io::Result<Attempt<(usize, SocketAddr)>> {
    transfer();
    real::recv_from(socket, bytes)
}
