//! `block_on`: when it polls, when it sleeps, and what it leaves behind.

use ch06_futures::{Parker, block_on, counted, one_shot, yield_now};
use std::cell::Cell;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::thread;
use testing::within_a_minute;

#[test]
fn a_ready_future_is_polled_once() {
    let polls = Cell::new(0);
    assert_eq!(block_on(counted(&polls, async { 3 })), 3);
    assert_eq!(polls.get(), 1);
}

#[test]
fn a_wake_during_the_poll_is_kept() {
    within_a_minute(|| {
        let polls = Cell::new(0);
        block_on(counted(&polls, yield_now()));
        assert_eq!(polls.get(), 2);
    });
}

#[test]
fn many_wakes_before_the_sleep_are_one() {
    within_a_minute(|| {
        let polls = Cell::new(0);
        block_on(poll_fn(|cx| {
            polls.set(polls.get() + 1);
            if polls.get() == 2 {
                return Poll::Ready(());
            }
            for _ in 0..1000 {
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        }));
        assert_eq!(polls.get(), 2);
    });
}

#[test]
fn stray_unparks_of_the_thread_are_no_wakes() {
    within_a_minute(|| {
        let polls = Cell::new(0);
        let (sender, receiver) = one_shot();
        let sleeper = thread::current();
        thread::spawn(move || {
            for _ in 0..1000 {
                sleeper.unpark();
                thread::yield_now();
            }
            sender.send(())
        });
        assert_eq!(block_on(counted(&polls, receiver)), Ok(()));
        // Two, or one if the answer came before the first poll.
        assert!(polls.get() <= 2, "{}", polls.get());
    });
}

#[test]
fn a_waker_that_outlives_its_block_on_does_no_harm() {
    let kept = block_on(poll_fn(|cx| Poll::Ready(cx.waker().clone())));
    kept.wake_by_ref();
    assert_eq!(block_on(async { 1 }), 1);
    kept.wake();
}

#[test]
fn nested_is_refused_and_a_panic_leaves_nothing_behind() {
    for _ in 0..2 {
        let outcome = catch_unwind(|| block_on(async { block_on(async {}) }));
        let why = outcome.expect_err("it is refused");
        let why = why.downcast_ref::<&str>().expect("a text");
        assert!(why.starts_with("block_on inside block_on"), "{why}");
    }
    let panics = AssertUnwindSafe(async { panic!("by the future") });
    let outcome = catch_unwind(|| block_on(panics.0));
    let outcome: Result<(), _> = outcome;
    assert!(outcome.is_err());
    assert_eq!(block_on(async { 1 }), 1);
    // Another thread is no nesting.
    let there = block_on(async {
        let thread = thread::spawn(|| block_on(async { 2 }));
        thread.join().expect("it does not panic")
    });
    assert_eq!(there, 2);
}

#[test]
fn a_token_is_taken_once() {
    let parker = Arc::new(Parker::new());
    parker.unpark();
    parker.unpark();
    parker.park(); // returns at once
    let waker = Waker::from(Arc::clone(&parker));
    within_a_minute(move || {
        thread::spawn(move || waker.wake());
        parker.park();
    });
}
