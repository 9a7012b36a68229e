//! The queue: what goes in, what comes out, and when.

mod support;

use ch04_event_queue::event::Source;
use ch04_event_queue::net::{TcpStream, UdpSocket};
use ch04_event_queue::{Events, Interest, Poll, Token};
use std::collections::HashSet;
use std::io::{ErrorKind, Write};
use std::thread;
use std::time::{Duration, Instant};
use support::{
    BOTH, LOCAL, QUIET, SOON, connection, drain, kind, queue, register, tokens,
    until, wait,
};
use testing::within_a_minute;

const ZERO: Option<Duration> = Some(Duration::ZERO);

#[test]
fn a_wait_without_sources_lasts_its_timeout() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        for timeout in [30, 5] {
            let timeout = Duration::from_millis(timeout);
            let start = Instant::now();
            wait(&mut poll, &mut events, Some(timeout));
            assert!(start.elapsed() >= timeout, "{:?}", start.elapsed());
            assert!(events.is_empty());
        }
    });
}

#[test]
fn a_timeout_of_less_than_a_millisecond_is_not_zero() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        for nanos in [1, 999_999, 1_000_001] {
            let timeout = Duration::from_nanos(nanos);
            let start = Instant::now();
            wait(&mut poll, &mut events, Some(timeout));
            assert!(start.elapsed() >= timeout, "{:?}", start.elapsed());
        }
    });
}

#[test]
fn a_timeout_of_zero_does_not_sleep() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let start = Instant::now();
        for _ in 0..100 {
            wait(&mut poll, &mut events, ZERO);
        }
        assert!(start.elapsed() < Duration::from_secs(10));
    });
}

#[test]
fn a_timeout_without_end_is_as_good_as_none() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        register(&poll, &mut here, 1, Interest::READABLE);
        for timeout in [
            Duration::MAX,
            Duration::from_secs(u64::from(u32::MAX)),
            Duration::from_millis(i32::MAX as u64 + 1),
            Duration::from_secs(i64::MAX as u64),
        ] {
            let writer = thread::spawn(move || {
                thread::sleep(Duration::from_millis(20));
                there.write_all(b"x").unwrap();
                there
            });
            let found = tokens(&mut poll, &mut events, Some(timeout));
            assert_eq!(found, [1], "{timeout:?}");
            there = writer.join().unwrap();
            assert_eq!(drain(&here).0, b"x");
        }
    });
}

#[test]
fn a_source_that_is_ready_when_it_is_registered_gives_an_event() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        there.write_all(b"x").unwrap();
        register(&poll, &mut here, 3, Interest::READABLE);
        until(&mut poll, &mut events, 3, |event| event.is_readable());
    });
}

#[test]
fn a_change_is_reported_once_and_the_next_one_again() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        register(&poll, &mut here, 3, Interest::READABLE);
        for _ in 0..3 {
            there.write_all(b"x").unwrap();
            assert_eq!(tokens(&mut poll, &mut events, SOON), [3]);
            assert!(tokens(&mut poll, &mut events, QUIET).is_empty());
            assert_eq!(drain(&here).0, b"x");
        }
    });
}

#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: one filter a descriptor")]
fn interest_says_what_is_reported() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        there.write_all(b"x").unwrap();
        register(&poll, &mut here, 0, Interest::WRITABLE);
        wait(&mut poll, &mut events, SOON);
        let event = events.iter().next().unwrap();
        assert!(event.is_writable() && !event.is_readable(), "{event:?}");
        assert!(tokens(&mut poll, &mut events, QUIET).is_empty());
        poll.registry()
            .reregister(&mut here, Token(1), BOTH)
            .unwrap();
        let mut seen = (false, false);
        while seen != (true, true) {
            wait(&mut poll, &mut events, SOON);
            for event in &events {
                assert_eq!(event.token(), Token(1));
                seen.0 |= event.is_readable();
                seen.1 |= event.is_writable();
            }
        }
    });
}

#[test]
fn every_value_is_a_token() {
    within_a_minute(|| {
        let values = [0, 1, usize::MAX, usize::MAX - 1, usize::MAX / 2 + 1];
        let (mut poll, mut events) = queue();
        let _waker =
            ch04_event_queue::Waker::new(poll.registry(), Token(42)).unwrap();
        let mut sockets = Vec::new();
        for value in values {
            let (mut here, mut there) = connection();
            register(&poll, &mut here, value, Interest::READABLE);
            there.write_all(b"x").unwrap();
            sockets.push((here, there));
        }
        let mut seen = HashSet::new();
        while seen.len() < values.len() {
            seen.extend(tokens(&mut poll, &mut events, SOON));
        }
        assert_eq!(seen, HashSet::from(values));
    });
}

#[test]
fn reregistering_replaces_the_token_and_reports_what_is_left() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        register(&poll, &mut here, 1, Interest::READABLE);
        there.write_all(b"x").unwrap();
        assert_eq!(tokens(&mut poll, &mut events, SOON), [1]);
        let registry = poll.registry();
        registry
            .reregister(&mut here, Token(2), Interest::READABLE)
            .unwrap();
        assert_eq!(tokens(&mut poll, &mut events, SOON), [2]);
    });
}

#[test]
fn what_was_pending_when_a_source_is_deregistered_is_not_reported() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        let (mut other, mut peer) = connection();
        register(&poll, &mut here, 1, BOTH);
        register(&poll, &mut other, 2, Interest::READABLE);
        there.write_all(b"x").unwrap();
        peer.write_all(b"x").unwrap();
        thread::sleep(Duration::from_millis(30)); // both are pending
        poll.registry().deregister(&mut here).unwrap();
        assert_eq!(tokens(&mut poll, &mut events, SOON), [2]);
        there.write_all(b"y").unwrap();
        assert!(tokens(&mut poll, &mut events, QUIET).is_empty());
        // And it can come back.
        register(&poll, &mut here, 3, Interest::READABLE);
        assert_eq!(tokens(&mut poll, &mut events, SOON), [3]);
    });
}

#[test]
fn a_source_that_is_dropped_is_gone() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        register(&poll, &mut here, 1, BOTH);
        there.write_all(b"x").unwrap();
        drop(here);
        assert!(tokens(&mut poll, &mut events, QUIET).is_empty());
    });
}

#[test]
fn of_more_events_than_fit_none_is_lost_and_none_starves() {
    within_a_minute(|| {
        const SOURCES: usize = 50;
        let mut poll = Poll::new().unwrap();
        let mut events = Events::with_capacity(4);
        let mut sockets = Vec::new();
        for token in 0..SOURCES {
            let (mut here, mut there) = connection();
            register(&poll, &mut here, token, Interest::READABLE);
            there.write_all(b"x").unwrap();
            sockets.push((here, there));
        }
        // Nothing is read: each is ready all the time, and has one event.
        let mut seen = HashSet::new();
        for _ in 0..SOURCES.div_ceil(4) * 4 {
            if seen.len() == SOURCES {
                break;
            }
            for token in tokens(&mut poll, &mut events, SOON) {
                assert!(seen.insert(token), "{token} for the second time");
            }
            assert!(events.iter().count() <= 4);
        }
        assert_eq!(seen.len(), SOURCES);
        assert!(tokens(&mut poll, &mut events, QUIET).is_empty());
        // One of them always has new bytes. The others get their turn.
        let mut heard = HashSet::new();
        for (here, _) in &sockets {
            drain(here);
        }
        for round in 0..SOURCES {
            for _ in 0..4 {
                let (here, there) = &mut sockets[0];
                drain(here);
                there.write_all(b"y").unwrap();
            }
            sockets[round].1.write_all(b"y").unwrap();
            heard.extend(tokens(&mut poll, &mut events, SOON));
        }
        while heard.len() < SOURCES {
            let found = tokens(&mut poll, &mut events, SOON);
            assert!(!found.is_empty(), "{} of {SOURCES}", heard.len());
            heard.extend(found);
        }
    });
}

#[test]
fn a_source_is_in_one_queue_at_most() {
    within_a_minute(|| {
        let (poll, _) = queue();
        let (other, _) = queue();
        let (mut here, _there) = connection();
        let clone = poll.registry().try_clone().unwrap();
        let missing = poll.registry().deregister(&mut here);
        assert_eq!(kind(missing), ErrorKind::NotFound);
        let missing = poll.registry().reregister(&mut here, Token(0), BOTH);
        assert_eq!(kind(missing), ErrorKind::NotFound);

        register(&poll, &mut here, 0, BOTH);
        for registry in [poll.registry(), &clone, other.registry()] {
            let twice = registry.register(&mut here, Token(1), BOTH);
            assert_eq!(kind(twice), ErrorKind::AlreadyExists);
        }
        let wrong = other.registry().reregister(&mut here, Token(1), BOTH);
        assert_eq!(kind(wrong), ErrorKind::AlreadyExists);
        let wrong = other.registry().deregister(&mut here);
        assert_eq!(kind(wrong), ErrorKind::NotFound);

        // A clone is the same queue.
        clone.reregister(&mut here, Token(1), BOTH).unwrap();
        clone.deregister(&mut here).unwrap();
        register(&other, &mut here, 0, BOTH);
    });
}

#[test]
fn a_registry_outlives_its_poll() {
    within_a_minute(|| {
        let (poll, _) = queue();
        let registry = poll.registry().try_clone().unwrap();
        let (mut here, there) = connection();
        register(&poll, &mut here, 0, BOTH);
        drop(poll);
        registry
            .reregister(&mut here, Token(1), Interest::READABLE)
            .unwrap();
        let (mut second, _peer) = connection();
        registry.register(&mut second, Token(2), BOTH).unwrap();
        registry.deregister(&mut here).unwrap();
        drop(registry);
        drop((second, here, there));
    });
}

#[test]
fn sources_outlive_their_queue() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        register(&poll, &mut here, 0, BOTH);
        wait(&mut poll, &mut events, SOON);
        drop(poll);
        there.write_all(b"x").unwrap();
        while drain(&here).0.is_empty() {}
    });
}

#[test]
fn another_thread_registers_while_this_one_waits() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let registry = poll.registry().try_clone().unwrap();
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            let (mut here, mut there) = connection();
            there.write_all(b"x").unwrap();
            registry
                .register(&mut here, Token(9), Interest::READABLE)
                .unwrap();
            (here, there)
        });
        assert_eq!(tokens(&mut poll, &mut events, None), [9]);
        other.join().unwrap();
    });
}

#[test]
fn a_boxed_source_is_a_source() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (here, mut there) = connection();
        let mut sources: Vec<Box<dyn Source>> =
            vec![Box::new(here), Box::new(UdpSocket::bind(LOCAL).unwrap())];
        for (token, source) in sources.iter_mut().enumerate() {
            register(&poll, source, token, Interest::READABLE);
        }
        there.write_all(b"x").unwrap();
        assert_eq!(tokens(&mut poll, &mut events, SOON), [0]);
        poll.registry().deregister(&mut *sources[0]).unwrap();
    });
}

#[test]
fn a_failed_registration_leaves_nothing_behind() {
    within_a_minute(|| {
        // Nothing listens there, and some systems refuse such a socket. If it
        // can be registered, it can be deregistered.
        let mut stream = TcpStream::connect(LOCAL);
        if let Ok(stream) = &mut stream {
            let (poll, _) = queue();
            if poll.registry().register(stream, Token(0), BOTH).is_ok() {
                poll.registry().deregister(stream).unwrap();
            }
        }
    });
}

#[test]
fn what_is_shown_is_readable() {
    let (poll, mut events) = queue();
    let (mut here, mut there) = connection();
    let mut poll = poll;
    register(&poll, &mut here, 5, Interest::READABLE);
    there.write_all(b"x").unwrap();
    wait(&mut poll, &mut events, SOON);
    let shown = format!("{events:?}");
    assert!(shown.contains("Token(5)"), "{shown}");
    assert!(shown.contains("readable: true"), "{shown}");
    assert_eq!(format!("{poll:?}"), "Poll { .. }");
    assert_eq!(format!("{:?}", poll.registry()), "Registry { .. }");
    assert_eq!(format!("{BOTH:?}"), "READABLE | WRITABLE");
    assert!(format!("{here:?}").contains("TcpStream"), "{here:?}");
}

#[test]
fn the_types_go_where_threads_need_them() {
    fn send_and_sync<T: Send + Sync>() {}
    send_and_sync::<Poll>();
    send_and_sync::<ch04_event_queue::Registry>();
    send_and_sync::<Events>();
    send_and_sync::<ch04_event_queue::Waker>();
    send_and_sync::<TcpStream>();
    send_and_sync::<UdpSocket>();
    send_and_sync::<ch04_event_queue::net::TcpListener>();
}
