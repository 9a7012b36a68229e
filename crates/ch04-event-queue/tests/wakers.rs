//! Waking from other threads.

mod support;

use ch04_event_queue::{Interest, Token, Waker};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use support::{QUIET, SOON, connection, queue, register, tokens, wait};
use testing::within_a_minute;

#[test]
fn a_wake_before_the_wait_is_kept() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let waker = Waker::new(poll.registry(), Token(1)).unwrap();
        waker.wake().unwrap();
        wait(&mut poll, &mut events, SOON);
        let event = events.iter().next().unwrap();
        assert!(event.is_readable() && !event.is_writable(), "{event:?}");
        assert!(!event.is_error() && !event.is_read_closed(), "{event:?}");
        assert_eq!(event.token(), Token(1));
        assert!(tokens(&mut poll, &mut events, QUIET).is_empty());
    });
}

#[test]
fn a_wake_during_the_wait_ends_it() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let waker = Waker::new(poll.registry(), Token(usize::MAX)).unwrap();
        // Before the thread: it may have slept when `spawn` returns.
        let start = Instant::now();
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            waker.wake().unwrap();
            waker
        });
        assert_eq!(tokens(&mut poll, &mut events, None), [usize::MAX]);
        assert!(start.elapsed() >= Duration::from_millis(50));
        other.join().unwrap();
    });
}

#[test]
fn each_of_many_wakes_in_a_row_ends_a_wait() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let waker = Waker::new(poll.registry(), Token(1)).unwrap();
        for _ in 0..1_000 {
            waker.wake().unwrap();
            assert_eq!(tokens(&mut poll, &mut events, SOON), [1]);
        }
    });
}

#[test]
fn nothing_is_lost_between_many_threads() {
    within_a_minute(|| {
        const THREADS: usize = 4;
        const EACH: usize = 500;
        let (mut poll, mut events) = queue();
        let waker = Waker::new(poll.registry(), Token(1)).unwrap();
        let waker = Arc::new(waker);
        let done = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let (waker, done) = (Arc::clone(&waker), Arc::clone(&done));
                thread::spawn(move || {
                    for _ in 0..EACH {
                        // Release: the load below sees what came before.
                        done.fetch_add(1, Ordering::Release);
                        waker.wake().unwrap();
                    }
                })
            })
            .collect();
        // Acquire: the additions above. A thread that sees fewer is woken
        // again.
        while done.load(Ordering::Acquire) < THREADS * EACH {
            assert!(!tokens(&mut poll, &mut events, SOON).is_empty());
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_waker_and_a_socket_share_a_queue() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let waker = Waker::new(poll.registry(), Token(1)).unwrap();
        let (mut here, mut there) = connection();
        register(&poll, &mut here, 2, Interest::READABLE);
        there.write_all(b"x").unwrap();
        waker.wake().unwrap();
        let mut found = tokens(&mut poll, &mut events, SOON);
        while found.len() < 2 {
            found.extend(tokens(&mut poll, &mut events, SOON));
        }
        found.sort_unstable();
        assert_eq!(found, [1, 2]);
    });
}

#[test]
fn a_queue_can_have_several() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let one = Waker::new(poll.registry(), Token(1)).unwrap();
        let two = Waker::new(poll.registry(), Token(2)).unwrap();
        for (waker, token) in [(&one, 1), (&two, 2), (&one, 1)] {
            waker.wake().unwrap();
            assert_eq!(tokens(&mut poll, &mut events, SOON), [token]);
        }
        drop(one);
        two.wake().unwrap();
        assert_eq!(tokens(&mut poll, &mut events, SOON), [2]);
    });
}

#[test]
fn a_waker_outlives_its_queue() {
    within_a_minute(|| {
        let (poll, _) = queue();
        let waker = Waker::new(poll.registry(), Token(1)).unwrap();
        drop(poll);
        let _ = waker.wake(); // it wakes nothing, and nothing breaks
        assert_eq!(format!("{waker:?}"), "Waker { .. }");
    });
}

#[test]
fn a_waker_that_is_dropped_is_silent() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        drop(Waker::new(poll.registry(), Token(1)).unwrap());
        assert!(tokens(&mut poll, &mut events, QUIET).is_empty());
    });
}
