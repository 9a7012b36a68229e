//! What several test programs need.

#![allow(dead_code, reason = "not every test program needs all of it")]

use ch04_event_queue::event::{Event, Source};
use ch04_event_queue::net::{TcpListener, TcpStream};
use ch04_event_queue::{Events, Interest, Poll, Token};
use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// No event takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// For an event that will come; on a busy machine it takes a while.
pub const SOON: Option<Duration> = Some(Duration::from_secs(20));

/// For an event that must not come: longer than one would take.
pub const QUIET: Option<Duration> = Some(Duration::from_millis(60));

/// Any port of this machine.
pub const LOCAL: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

pub const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// A queue with room for 16 events.
pub fn queue() -> (Poll, Events) {
    (Poll::new().unwrap(), Events::with_capacity(16))
}

#[track_caller]
pub fn register(
    poll: &Poll,
    source: &mut (impl Source + ?Sized),
    token: usize,
    interest: Interest,
) {
    let registry = poll.registry();
    registry.register(source, Token(token), interest).unwrap();
}

/// One wait, which is repeated if a signal ends it.
#[track_caller]
pub fn wait(poll: &mut Poll, events: &mut Events, time: Option<Duration>) {
    loop {
        match poll.poll(events, time) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result.unwrap(),
        }
    }
}

/// The tokens of one wait, in ascending order.
#[track_caller]
pub fn tokens(
    poll: &mut Poll,
    events: &mut Events,
    time: Option<Duration>,
) -> Vec<usize> {
    wait(poll, events, time);
    let mut all: Vec<_> = events.iter().map(|e| e.token().0).collect();
    all.sort_unstable();
    all
}

/// Waits until there is an event for `token` that is `wanted`; others are
/// passed over.
#[track_caller]
pub fn until(
    poll: &mut Poll,
    events: &mut Events,
    token: usize,
    wanted: impl Fn(&Event) -> bool,
) {
    let start = Instant::now();
    loop {
        wait(poll, events, SOON);
        let mut all = events.iter();
        if all.any(|event| event.token() == Token(token) && wanted(event)) {
            return;
        }
        assert!(start.elapsed() < PATIENCE / 2, "token {token}: no event");
    }
}

/// A connection: one end is this crate's, the other the standard library's.
#[track_caller]
pub fn connection() -> (TcpStream, std::net::TcpStream) {
    let listener = std::net::TcpListener::bind(LOCAL).unwrap();
    let there = std::net::TcpStream::connect(listener.local_addr().unwrap());
    let (here, _) = listener.accept().unwrap();
    here.set_nonblocking(true).unwrap();
    let there = there.unwrap();
    there.set_nodelay(true).unwrap();
    (TcpStream::from_std(here), there)
}

/// One of this crate's listeners, and its address.
pub fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(LOCAL).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Reads until it would block; returns what came, and whether the end did.
#[track_caller]
pub fn drain(mut stream: &TcpStream) -> (Vec<u8>, bool) {
    let (mut all, mut room) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut room) {
            Ok(0) => return (all, true),
            Ok(count) => all.extend_from_slice(&room[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return (all, false);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[track_caller]
pub fn kind<T>(result: io::Result<T>) -> ErrorKind {
    match result {
        Ok(_) => panic!("this is an error"),
        Err(error) => error.kind(),
    }
}
