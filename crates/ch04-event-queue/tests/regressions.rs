//! Past bugs of this crate, and of programs and libraries of its kind.

mod support;

use ch04_event_queue::net::{TcpStream, UdpSocket};
use ch04_event_queue::{Events, Interest, Poll};
use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};
use support::{
    BOTH, LOCAL, QUIET, connection, drain, kind, queue, register, until, wait,
};
use testing::within_a_minute;

/// On Windows, writing until it would block asks the driver again, and that
/// kept answering that the peer had ended its side: an event, a write, an
/// event, and so on, as fast as the processor could.
#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: one filter a descriptor")]
fn a_full_socket_after_the_peers_end_does_not_spin() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, there) = connection();
        register(&poll, &mut here, 0, BOTH);
        there.shutdown(Shutdown::Write).unwrap();
        until(&mut poll, &mut events, 0, |event| event.is_read_closed());
        assert_eq!(drain(&here), (vec![], true));
        fill(&here);
        let (start, mut waits) = (Instant::now(), 0);
        while start.elapsed() < Duration::from_millis(200) {
            wait(&mut poll, &mut events, QUIET);
            for _ in &events {
                fill(&here); // as a program does that has more to send
            }
            waits += 1;
        }
        // One every 60 ms; the system may enlarge its buffers for a while.
        assert!(waits < 100, "{waits} waits in 200 ms");
        drop(there);
    });
}

/// Writes until it would block.
#[track_caller]
fn fill(mut stream: &TcpStream) {
    let block = vec![0; 1 << 16];
    while stream.write(&block).is_ok() {}
    assert_eq!(kind(stream.write(&block)), ErrorKind::WouldBlock);
}

/// How many events come in 250 ms to a program that makes a call that would
/// block, and makes it again after each event.
fn events_while_nothing_happens(
    poll: &mut Poll,
    events: &mut Events,
    it_would_block: impl Fn(),
) -> usize {
    it_would_block();
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < Duration::from_millis(250) {
        wait(poll, events, QUIET);
        for _ in &*events {
            it_would_block();
            count += 1;
        }
    }
    count
}

/// The first event of a socket says that there is room. On Windows, a read
/// that would block then asked about both directions again, and was told again
/// about the room: an event, a read, an event, and so on.
#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: one filter a descriptor")]
fn waiting_to_read_does_not_spin() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        register(&poll, &mut here, 0, BOTH);
        let silent = || assert_eq!(drain(&here), (vec![], false));
        let count =
            events_while_nothing_happens(&mut poll, &mut events, silent);
        assert!((1..5).contains(&count), "{count} events");
        there.write_all(b"x").unwrap();
        until(&mut poll, &mut events, 0, |event| event.is_readable());
        assert_eq!(drain(&here).0, b"x");
    });
}

/// The same the other way round: the peer talks and does not listen, and the
/// program, which has more to send, leaves unread what it says.
#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: one filter a descriptor")]
fn waiting_to_write_does_not_spin() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        register(&poll, &mut here, 0, BOTH);
        fill(&here);
        there.write_all(b"x").unwrap();
        // Nothing has been read, so this was asked from the start.
        until(&mut poll, &mut events, 0, |event| event.is_readable());
        let full = || fill(&here);
        let count = events_while_nothing_happens(&mut poll, &mut events, full);
        // The system may enlarge its buffers for a while.
        assert!(count < 20, "{count} events");
        assert_eq!(drain(&here).0, b"x");
        let reader = std::thread::spawn(move || {
            std::io::copy(&mut there, &mut std::io::sink())
        });
        until(&mut poll, &mut events, 0, |event| event.is_writable());
        drop(here);
        drop(reader.join());
    });
}

/// And with datagrams, where any error asks again.
#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: one filter a descriptor")]
fn waiting_for_a_datagram_does_not_spin() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let mut here = UdpSocket::bind(LOCAL).unwrap();
        register(&poll, &mut here, 0, BOTH);
        let silent = || {
            let nothing = kind(here.recv_from(&mut [0; 9]));
            assert_eq!(nothing, ErrorKind::WouldBlock);
        };
        let count =
            events_while_nothing_happens(&mut poll, &mut events, silent);
        assert!((1..5).contains(&count), "{count} events");
        let there = UdpSocket::bind(LOCAL).unwrap();
        there.send_to(b"x", here.local_addr().unwrap()).unwrap();
        until(&mut poll, &mut events, 0, |event| event.is_readable());
        assert_eq!(here.recv_from(&mut [0; 9]).unwrap().0, 1);
    });
}

/// A program that looks at a socket only after an event must not need more
/// events than the queue gives.
#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: does not see a close")]
fn data_and_the_end_together_are_one_story() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        for _ in 0..50 {
            let (mut here, mut there) = connection();
            register(&poll, &mut here, 7, Interest::READABLE);
            there.write_all(b"last words").unwrap();
            drop(there);
            let mut all = Vec::new();
            loop {
                until(&mut poll, &mut events, 7, |e| e.is_readable());
                let (bytes, end) = drain(&here);
                all.extend(bytes);
                if end {
                    break;
                }
            }
            assert_eq!(all, b"last words");
        }
    });
}

/// If a source is dropped after a wait, the queue cannot take back its event
/// from that wait's list; but the next wait must not report the source.
#[test]
fn the_next_batch_knows_nothing_of_a_source_that_is_gone() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut one, mut peer_of_one) = connection();
        let (mut two, mut peer_of_two) = connection();
        register(&poll, &mut one, 1, Interest::READABLE);
        register(&poll, &mut two, 2, Interest::READABLE);
        peer_of_one.write_all(b"x").unwrap();
        peer_of_two.write_all(b"x").unwrap();
        std::thread::sleep(Duration::from_millis(30));
        // The handler of one source closes the other.
        drop(two);
        until(&mut poll, &mut events, 1, |event| event.is_readable());
        let mut late = events.iter().filter(|event| event.token().0 == 2);
        assert!(late.next().is_none());
    });
}

/// The kernel hands out the error of a refused connection once. After that,
/// `is_connected` cannot tell the socket from one that is still connecting, as
/// its documentation says.
#[test]
#[cfg(all(target_os = "linux", not(event_queue_kqueue)))]
fn the_error_of_a_refused_connection_is_handed_out_once() {
    use ch04_event_queue::s4_sources::TcpStream;
    within_a_minute(|| {
        let (gone, address) = support::listener();
        drop(gone);
        let stream = TcpStream::connect(address).unwrap();
        let start = Instant::now();
        let error = loop {
            match stream.is_connected() {
                Err(error) => break error,
                connected => assert!(!connected.unwrap()),
            }
            assert!(start.elapsed() < Duration::from_secs(20));
        };
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(!stream.is_connected().unwrap());
    });
}
