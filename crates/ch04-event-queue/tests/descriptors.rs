//! What happens when no descriptor is left. A program of its own, since the
//! limit belongs to the whole process.
#![cfg(unix)]

mod support;

use ch04_event_queue::net::{TcpListener, TcpStream, UdpSocket};
use ch04_event_queue::{Interest, Poll, Token, Waker};
use std::fs::File;
use std::io;
use support::{LOCAL, SOON, listener, queue, register, tokens, until};

/// Lowers the limit, and takes all descriptors that are left.
fn exhaust() -> Vec<File> {
    let limit = libc::rlimit {
        rlim_cur: 64,
        rlim_max: 64,
    };
    // SAFETY: the kernel reads one `rlimit`.
    let done = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
    assert_eq!(done, 0);
    let mut taken = Vec::new();
    loop {
        match File::open("/dev/null") {
            Ok(file) => taken.push(file),
            Err(_) => return taken,
        }
    }
}

#[track_caller]
fn there_are_none<T>(result: io::Result<T>) {
    let error = result.err().and_then(|error| error.raw_os_error());
    assert_eq!(error, Some(libc::EMFILE));
}

#[test]
fn running_out_of_descriptors_is_an_error_and_passes() {
    let (mut poll, mut events) = queue();
    let (mut port, address) = listener();
    let client = TcpStream::connect(address).unwrap();
    register(&poll, &mut port, 1, Interest::READABLE);
    until(&mut poll, &mut events, 1, |event| event.is_readable());

    let mut taken = exhaust();
    there_are_none(Poll::new());
    there_are_none(TcpStream::connect(address));
    there_are_none(TcpListener::bind(LOCAL));
    there_are_none(UdpSocket::bind(LOCAL));
    there_are_none(port.accept());
    if cfg!(all(target_os = "linux", not(event_queue_kqueue))) {
        there_are_none(poll.registry().try_clone());
        there_are_none(Waker::new(poll.registry(), Token(2)));
        // One is enough for the eventfd, and none is lost when it fails.
        taken.pop();
        for _ in 0..3 {
            drop(Waker::new(poll.registry(), Token(2)).unwrap());
        }
    }

    taken.clear();
    // The client that could not be accepted is still there.
    let (_server, from) = port.accept().unwrap();
    assert_eq!(from, client.local_addr().unwrap());
    let waker = Waker::new(poll.registry(), Token(2)).unwrap();
    waker.wake().unwrap();
    assert_eq!(tokens(&mut poll, &mut events, SOON), [2]);
}
