//! Graceful shutdown, driven by hand: the wakes are counted.

use ch10_runtime::shutdown::{Shutdown, Unfinished};
use std::future::{Future, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Counts its wakes.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counting() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (Arc::clone(&count), Waker::from(count))
}

fn wakes(count: &Count) -> usize {
    count.0.load(Ordering::SeqCst)
}

#[test]
fn whoever_listens_is_woken_once_and_told() {
    let shutdown = Shutdown::new();
    let token = shutdown.token();
    let (count, waker) = counting();
    let mut cx = Context::from_waker(&waker);
    let mut asked = pin!(token.asked());
    assert!(asked.as_mut().poll(&mut cx).is_pending());
    assert!(asked.as_mut().poll(&mut cx).is_pending());
    assert!(!token.is_asked());
    shutdown.ask();
    shutdown.ask();
    assert_eq!(wakes(&count), 1);
    assert!(token.is_asked());
    assert!(asked.as_mut().poll(&mut cx).is_ready());
}

#[test]
fn a_listener_that_is_dropped_leaves_no_waker() {
    let shutdown = Shutdown::new();
    let token = shutdown.token();
    let (count, waker) = counting();
    let mut cx = Context::from_waker(&waker);
    for _ in 0..100 {
        let mut asked = pin!(token.asked());
        assert!(asked.as_mut().poll(&mut cx).is_pending());
    }
    drop(waker);
    assert_eq!(Arc::strong_count(&count), 1, "a waker was kept");
    shutdown.ask();
    assert_eq!(wakes(&count), 0);
}

#[test]
fn until_gives_the_output_or_drops_the_future() {
    let shutdown = Shutdown::new();
    let token = shutdown.token();
    let mut cx = Context::from_waker(Waker::noop());
    let done = pin!(token.until(ready(5))).poll(&mut cx);
    assert_eq!(done, Poll::Ready(Some(5)));
    let dropped = Arc::new(());
    let held = Arc::clone(&dropped);
    {
        let never = async move {
            let _held = held;
            pending::<()>().await;
        };
        let mut until = pin!(token.until(never));
        assert!(until.as_mut().poll(&mut cx).is_pending());
        shutdown.ask();
        assert_eq!(until.as_mut().poll(&mut cx), Poll::Ready(None));
    }
    assert_eq!(Arc::strong_count(&dropped), 1);
    let late = pin!(token.until(ready(5))).poll(&mut cx);
    assert_eq!(late, Poll::Ready(None), "nothing new after the end");
}

#[test]
fn finish_waits_for_the_last_thing_in_flight() {
    let shutdown = Shutdown::new();
    let token = shutdown.token();
    let [first, second] = [token.in_flight(), token.in_flight()];
    let (count, waker) = counting();
    let mut cx = Context::from_waker(&waker);
    let mut finish = pin!(shutdown.finish(pending()));
    assert!(finish.as_mut().poll(&mut cx).is_pending());
    assert!(token.is_asked());
    drop(first);
    assert_eq!(wakes(&count), 0);
    assert_eq!(shutdown.in_flight(), 1);
    drop(second);
    assert_eq!(wakes(&count), 1);
    assert_eq!(finish.as_mut().poll(&mut cx), Poll::Ready(Ok(())));
}

#[test]
fn finish_gives_up_at_the_deadline_and_counts() {
    let shutdown = Shutdown::new();
    let held = shutdown.token().in_flight();
    let mut cx = Context::from_waker(Waker::noop());
    let late = pin!(shutdown.finish(ready(()))).poll(&mut cx);
    let unfinished = Unfinished { in_flight: 1 };
    assert_eq!(late, Poll::Ready(Err(unfinished)));
    assert_eq!(unfinished.to_string(), "1 unfinished when the time was up");
    drop(held);
    // With nothing left, even a deadline that is over is no error.
    let done = pin!(shutdown.finish(ready(()))).poll(&mut cx);
    assert_eq!(done, Poll::Ready(Ok(())));
}

#[test]
fn a_panic_counts_as_finished() {
    let shutdown = Shutdown::new();
    let held = shutdown.token().in_flight();
    let work = AssertUnwindSafe(move || {
        let _held = held;
        panic!("the request was strange");
    });
    assert!(catch_unwind(work).is_err());
    assert_eq!(shutdown.in_flight(), 0);
}

#[test]
fn two_that_wait_for_the_last_thing_are_both_woken() {
    let shutdown = Shutdown::new();
    let in_flight = shutdown.token().in_flight();
    let (one, waker_of_one) = counting();
    let (other, waker_of_other) = counting();
    let mut first = pin!(shutdown.finish(pending()));
    let mut second = pin!(shutdown.finish(pending()));
    let mut cx = Context::from_waker(&waker_of_one);
    assert!(first.as_mut().poll(&mut cx).is_pending());
    let mut cx = Context::from_waker(&waker_of_other);
    assert!(second.as_mut().poll(&mut cx).is_pending());
    drop(in_flight);
    assert_eq!((wakes(&one), wakes(&other)), (1, 1));
}
