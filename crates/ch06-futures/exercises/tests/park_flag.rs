//! The tests of exercise `park_flag`, for the stub and the solution.

use super::block_on;
use std::future::poll_fn;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

/// Polls `poll` in a `block_on` on a thread of its own, in bounded time.
fn run<T: Send + 'static>(
    mut poll: impl FnMut(u32, &std::task::Waker) -> Poll<T> + Send + 'static,
) -> T {
    let (sender, done) = mpsc::channel();
    let thread = thread::spawn(move || {
        let mut polls = 0;
        let _ = sender.send(block_on(poll_fn(move |cx| {
            polls += 1;
            poll(polls, cx.waker())
        })));
    });
    match done.recv_timeout(Duration::from_secs(30)) {
        Ok(output) => output,
        Err(RecvTimeoutError::Timeout) => {
            panic!("exercise park_flag: a wake-up was lost")
        }
        Err(RecvTimeoutError::Disconnected) => {
            let why = thread.join().expect_err("it panicked");
            std::panic::resume_unwind(why)
        }
    }
}

#[test]
fn a_wake_during_the_poll_is_kept() {
    let polls = run(|polls, waker| {
        if polls == 3 {
            return Poll::Ready(polls);
        }
        waker.wake_by_ref();
        Poll::Pending
    });
    assert_eq!(polls, 3, "exercise park_flag: other polls");
}

#[test]
fn a_poll_that_parks_itself_loses_nothing() {
    let polls = run(|polls, waker| {
        if polls == 2 {
            return Poll::Ready(polls);
        }
        waker.wake_by_ref();
        thread::park(); // takes the token
        Poll::Pending
    });
    assert_eq!(polls, 2, "exercise park_flag: other polls");
}

#[test]
fn a_stray_unpark_is_no_wake() {
    let polls = run(|polls, waker| {
        if polls > 1 {
            return Poll::Ready(polls);
        }
        let (waker, sleeper) = (waker.clone(), thread::current());
        thread::spawn(move || {
            for _ in 0..100 {
                sleeper.unpark();
                thread::sleep(Duration::from_millis(1));
            }
            // So a poll before this one was for nothing.
            waker.wake();
        });
        thread::current().unpark();
        Poll::Pending
    });
    assert_eq!(polls, 2, "exercise park_flag: other polls");
    let woken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let early = run(move |polls, waker| {
        if polls > 1 {
            let woken = woken.load(std::sync::atomic::Ordering::Acquire);
            return Poll::Ready(!woken);
        }
        let (waker, woken) = (waker.clone(), std::sync::Arc::clone(&woken));
        thread::current().unpark(); // a stray one
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            woken.store(true, std::sync::atomic::Ordering::Release);
            waker.wake();
        });
        Poll::Pending
    });
    let wrong = "exercise park_flag: polled after a stray unpark";
    assert!(!early, "{wrong}");
}
