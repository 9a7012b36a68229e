//! The tests of exercise `dup_trap`, for the stub and for the solution.

use super::{close, move_to_dup};
use ch04_event_queue::net::TcpStream;
use ch04_event_queue::{Events, Interest, Poll, Token};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

fn connection() -> (TcpStream, std::net::TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = std::net::TcpStream::connect(listener.local_addr().unwrap());
    let (here, _) = listener.accept().unwrap();
    here.set_nonblocking(true).unwrap();
    (TcpStream::from_std(here), there.unwrap())
}

/// The tokens of the readable events of one wait.
fn readable(poll: &mut Poll, millis: u64) -> Vec<usize> {
    let mut events = Events::with_capacity(16);
    let time = Some(Duration::from_millis(millis));
    poll.poll(&mut events, time).unwrap();
    let readable = events.iter().filter(|event| event.is_readable());
    readable.map(|event| event.token().0).collect()
}

fn registered() -> (Poll, TcpStream, std::net::TcpStream) {
    let poll = Poll::new().unwrap();
    let (mut here, there) = connection();
    let both = Interest::READABLE | Interest::WRITABLE;
    poll.registry().register(&mut here, Token(1), both).unwrap();
    (poll, here, there)
}

#[test]
fn a_closed_connection_is_silent_although_a_dup_lives() {
    let (mut poll, here, mut there) = registered();
    let _logger = here.as_fd().try_clone_to_owned().unwrap();
    let done = close(poll.registry(), here);
    let wrong = "exercise dup_trap: closing has failed";
    done.expect(wrong);
    there.write_all(b"anybody there?").unwrap();
    let wrong = "exercise dup_trap: an event of a connection that is closed";
    assert!(readable(&mut poll, 50).is_empty(), "{wrong}");
}

#[test]
fn a_connection_that_has_moved_speaks_under_its_new_name() {
    let (mut poll, here, mut there) = registered();
    let moved = move_to_dup(poll.registry(), here, Token(2));
    let wrong = "exercise dup_trap: moving has failed";
    let mut moved = moved.expect(wrong);
    readable(&mut poll, 20); // there is room to write, which is no news here
    there.write_all(b"x").unwrap();
    let wrong = "exercise dup_trap: one event, and under the new token";
    assert_eq!(readable(&mut poll, 5_000), [2], "{wrong}");
    let wrong = "exercise dup_trap: it is another connection";
    assert_eq!(moved.read(&mut [0; 8]).unwrap(), 1, "{wrong}");
}

#[test]
fn what_comes_before_the_move_is_not_lost() {
    let (mut poll, here, mut there) = registered();
    there.write_all(b"early").unwrap();
    std::thread::sleep(Duration::from_millis(20));
    let moved = move_to_dup(poll.registry(), here, Token(2));
    let wrong = "exercise dup_trap: moving has failed";
    let _moved = moved.expect(wrong);
    let wrong = "exercise dup_trap: what came before the move is an event";
    assert_eq!(readable(&mut poll, 5_000), [2], "{wrong}");
}

#[test]
fn the_old_descriptor_is_closed() {
    let (poll, here, _there) = registered();
    let old = here.as_raw_fd();
    let moved = move_to_dup(poll.registry(), here, Token(2));
    let wrong = "exercise dup_trap: moving has failed";
    let moved = moved.expect(wrong);
    let wrong = "exercise dup_trap: this is the old descriptor";
    assert_ne!(moved.as_raw_fd(), old, "{wrong}");
}
