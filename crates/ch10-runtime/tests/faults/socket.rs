//! `crate::socket` with faults: below the sockets, above the system.
//!
//! Reads and writes are short, calls say `WouldBlock` or `EINTR` though they
//! could go on, waits are interrupted, accepting finds no descriptors, and, on
//! request, connections break off. A seed decides which; nothing else does.
//!
//! Real sockets are edge-triggered: they say `WouldBlock` only if an event
//! comes later. So for each `WouldBlock` of this layer an event is owed, and
//! `wait` collects it from the system by registering the socket anew.

use ch04_event_queue::unix::SourceFd;
use ch04_event_queue::{Events, Poll};
use event::Source;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

pub(crate) use ch04_event_queue::{Interest, Registry, Token, event, net};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<T> {
    pub(crate) value: T,
    pub(crate) exhausted: bool,
}

impl<T> Attempt<T> {
    pub(crate) fn of(value: T) -> Self {
        let exhausted = false;
        Self { value, exhausted }
    }
}

/// How likely each fault is, in 256ths.
#[derive(Clone, Copy, Debug, Default)]
pub struct Odds {
    pub short: u8,
    pub would_block: u8,
    pub interrupted: u8,
    pub no_room: u8,
    pub reset: u8,
}

/// What has happened, so that a test can say that something has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub calls: usize,
    pub short: usize,
    pub would_block: usize,
    pub interrupted: usize,
    pub no_room: usize,
    pub reset: usize,
    pub waits: usize,
}

#[derive(Default)]
struct Faults {
    random: u64,
    odds: Odds,
    counts: Counts,
    tokens: BTreeMap<RawFd, Token>,
    owed: BTreeSet<RawFd>,
    /// Connections that have broken off, and stay so.
    broken: BTreeSet<RawFd>,
}

thread_local! {
    /// The runtime under test has one thread.
    static FAULTS: RefCell<Faults> = RefCell::default();
}

/// From now on, faults of this seed on this thread.
pub fn begin(seed: u64, odds: Odds) {
    FAULTS.with_borrow_mut(|faults| {
        *faults = Faults {
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            odds,
            ..Faults::default()
        };
    });
}

/// What has happened since [`begin`].
pub fn counts() -> Counts {
    FAULTS.with_borrow(|faults| faults.counts)
}

impl Faults {
    /// xorshift.
    fn next(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random >> 11
    }

    fn happens(&mut self, odds: u8) -> bool {
        self.next() % 256 < u64::from(odds)
    }

    /// A fault in place of the call, if one is due.
    fn before(&mut self, fd: RawFd) -> io::Result<()> {
        self.counts.calls += 1;
        let odds = self.odds;
        if self.broken.contains(&fd) {
            return Err(ErrorKind::ConnectionReset.into());
        }
        if self.happens(odds.interrupted) {
            self.counts.interrupted += 1;
            return Err(ErrorKind::Interrupted.into());
        }
        if self.happens(odds.would_block) && self.tokens.contains_key(&fd) {
            self.counts.would_block += 1;
            self.owed.insert(fd);
            return Err(ErrorKind::WouldBlock.into());
        }
        if self.happens(odds.reset) {
            self.counts.reset += 1;
            self.broken.insert(fd);
            return Err(ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }

    /// How much of `length` is asked of the system.
    fn part(&mut self, length: usize) -> usize {
        let odds = self.odds.short;
        if length > 1 && self.happens(odds) {
            self.counts.short += 1;
            return 1 + self.next() as usize % (length - 1);
        }
        length
    }

    /// What there is to do before the system waits; `None`: it doesn't.
    fn before_wait(&mut self) -> Option<Vec<(RawFd, Token)>> {
        self.counts.waits += 1;
        let odds = self.odds.interrupted;
        if self.happens(odds) {
            self.counts.interrupted += 1;
            return None;
        }
        let owed = std::mem::take(&mut self.owed);
        let token = |fd| Some((fd, *self.tokens.get(&fd)?));
        Some(owed.into_iter().filter_map(token).collect())
    }
}

/// Fails if a fault is due; says how much to ask for.
fn before_fd(fd: RawFd, length: usize) -> io::Result<usize> {
    FAULTS.with_borrow_mut(|faults| {
        faults.before(fd)?;
        Ok(faults.part(length))
    })
}

/// The same for a connection. One that breaks off does so for the system, too:
/// whatever waits for it, here or at the peer, is told.
fn before(socket: &net::TcpStream, length: usize) -> io::Result<usize> {
    let done = before_fd(socket.as_raw_fd(), length);
    let broken = |error: &io::Error| error.kind() == ErrorKind::ConnectionReset;
    if done.as_ref().is_err_and(broken) {
        let _ = socket.shutdown(Shutdown::Both); // the peer may be gone
    }
    done
}

/// As in the real one: fewer than asked *of the system* means that it has no
/// more. A part that was asked for and delivered says nothing.
fn stream(bytes: usize, asked: usize) -> Attempt<usize> {
    let exhausted = bytes < asked;
    let value = bytes;
    Attempt { value, exhausted }
}

pub(crate) fn wait(
    poll: &mut Poll,
    events: &mut Events,
    timeout: Option<Duration>,
) -> io::Result<()> {
    let Some(owed) = FAULTS.with_borrow_mut(Faults::before_wait) else {
        return Err(ErrorKind::Interrupted.into());
    };
    let both = Interest::READABLE | Interest::WRITABLE;
    for (fd, token) in owed {
        let registry = poll.registry();
        registry.reregister(&mut SourceFd(&fd), token, both)?;
    }
    poll.poll(events, timeout)
}

pub(crate) fn register<S: Source + AsRawFd>(
    registry: &Registry,
    source: &mut S,
    token: Token,
    interests: Interest,
) -> io::Result<()> {
    registry.register(source, token, interests)?;
    let fd = source.as_raw_fd();
    FAULTS.with_borrow_mut(|faults| faults.tokens.insert(fd, token));
    Ok(())
}

pub(crate) fn deregister<S: Source + AsRawFd>(
    registry: &Registry,
    source: &mut S,
) -> io::Result<()> {
    let fd = source.as_raw_fd();
    FAULTS.with_borrow_mut(|faults| {
        faults.tokens.remove(&fd);
        faults.owed.remove(&fd);
        faults.broken.remove(&fd);
    });
    registry.deregister(source)
}

pub(crate) fn accept(
    listener: &net::TcpListener,
) -> io::Result<Attempt<(net::TcpStream, SocketAddr)>> {
    FAULTS.with_borrow_mut(|faults| {
        let odds = faults.odds;
        if faults.happens(odds.no_room) {
            faults.counts.no_room += 1;
            return Err(io::Error::from_raw_os_error(libc::EMFILE));
        }
        if faults.happens(odds.reset) {
            faults.counts.reset += 1;
            return Err(ErrorKind::ConnectionAborted.into());
        }
        // A listener itself is not reset.
        faults.odds.reset = 0;
        let done = faults.before(listener.as_raw_fd());
        faults.odds = odds;
        done
    })?;
    listener.accept().map(Attempt::of)
}

pub(crate) fn read(
    mut socket: &net::TcpStream,
    bytes: &mut [u8],
) -> io::Result<Attempt<usize>> {
    let asked = before(socket, bytes.len())?;
    let read = socket.read(&mut bytes[..asked])?;
    Ok(stream(read, asked))
}

pub(crate) fn read_vectored(
    socket: &net::TcpStream,
    bufs: &mut [IoSliceMut<'_>],
) -> io::Result<Attempt<usize>> {
    let mut bufs = bufs.iter_mut().filter(|buf| !buf.is_empty());
    match bufs.next() {
        Some(first) => read(socket, first),
        None => Ok(Attempt::of(0)),
    }
}

pub(crate) fn peek(
    socket: &net::TcpStream,
    bytes: &mut [u8],
) -> io::Result<Attempt<usize>> {
    let asked = before(socket, bytes.len())?;
    socket.peek(&mut bytes[..asked]).map(Attempt::of)
}

pub(crate) fn write(
    mut socket: &net::TcpStream,
    bytes: &[u8],
) -> io::Result<Attempt<usize>> {
    let asked = before(socket, bytes.len())?;
    let written = socket.write(&bytes[..asked])?;
    Ok(stream(written, asked))
}

pub(crate) fn write_vectored(
    socket: &net::TcpStream,
    bufs: &[IoSlice<'_>],
) -> io::Result<Attempt<usize>> {
    let mut bufs = bufs.iter().filter(|buf| !buf.is_empty());
    match bufs.next() {
        Some(first) => write(socket, first),
        None => Ok(Attempt::of(0)),
    }
}

pub(crate) fn send_to(
    socket: &net::UdpSocket,
    bytes: &[u8],
    to: SocketAddr,
) -> io::Result<Attempt<usize>> {
    before_fd(socket.as_raw_fd(), 0)?;
    socket.send_to(bytes, to).map(Attempt::of)
}

pub(crate) fn recv_from(
    socket: &net::UdpSocket,
    bytes: &mut [u8],
) -> io::Result<Attempt<(usize, SocketAddr)>> {
    before_fd(socket.as_raw_fd(), 0)?;
    socket.recv_from(bytes).map(Attempt::of)
}
