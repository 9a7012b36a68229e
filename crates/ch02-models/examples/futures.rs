//! Stage 5 of chapter 2, looked at closely: what the call of an `async fn` does
//! and what the first poll does, how large a future is, what `join` brings, and
//! what is left when a future is dropped in the middle.

use ch02_models::archive::{SECOND_TITLE, TITLE};
use ch02_models::s5_async::{Timers, errand, join};
use ch02_models::{Executor, Log, s4_coroutines};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

// ANCHOR: sizes
fn sizes(log: &Log) {
    let by_hand = s4_coroutines::errand(TITLE, Log::new());
    let timers = Executor::new().timers();
    let by_rustc = errand(timers, TITLE, Log::new());
    log.say(format!("by hand  {:>3} bytes", size_of_val(&by_hand)));
    log.say(format!("by rustc {:>3} bytes", size_of_val(&by_rustc)));
}
// ANCHOR_END: sizes

// ANCHOR: call_and_poll
fn call_and_poll(timers: Timers, log: &Log) {
    let mut errand = pin!(errand(timers.clone(), TITLE, log.clone()));
    log.say(format!("called: {} timers are set", timers.waiting()));
    let mut cx = Context::from_waker(Waker::noop());
    let poll = errand.as_mut().poll(&mut cx);
    log.say(format!("polled: {poll:?}, {} is set", timers.waiting()));
}
// ANCHOR_END: call_and_poll

// ANCHOR: two_at_once
async fn two_at_once(timers: Timers, log: Log) -> Duration {
    let start = Instant::now();
    let whale = errand(timers.clone(), TITLE, log.clone());
    let walk = errand(timers, SECOND_TITLE, log.clone());
    let (whale, walk) = join(whale, walk).await;
    log.say(format!("both: {whale} and {walk} bytes"));
    start.elapsed()
}
// ANCHOR_END: two_at_once

// ANCHOR: give_up
async fn give_up(timers: Timers, log: Log) {
    let mut errand = Box::pin(errand(timers.clone(), TITLE, log.clone()));
    let mut patience = pin!(timers.sleep(Duration::from_millis(40)));
    std::future::poll_fn(|cx| {
        // The errand looks up (30 ms) and begins to fetch (120 ms).
        assert_eq!(errand.as_mut().poll(cx), Poll::Pending);
        patience.as_mut().poll(cx)
    })
    .await;
    log.say(format!("gave up: {} timer is set", timers.waiting()));
    drop(errand);
    log.say(format!("dropped: {} are set", timers.waiting()));
}
// ANCHOR_END: give_up

fn run(log: &Log) -> Duration {
    sizes(log);
    let executor = Executor::new();
    call_and_poll(executor.timers(), log);
    let took = two_at_once(executor.timers(), log.clone());
    let took = executor.block_on(took);
    executor.block_on(give_up(executor.timers(), log.clone()));
    took
}

fn main() {
    let log = Log::printing();
    let took = run(&log);
    log.say(format!("the two took {} ms", took.as_millis()));
}

#[test]
fn runs() {
    let log = Log::new();
    let took = run(&log);
    assert!(took >= ch02_models::archive::ERRAND, "{took:?}");
    let mut lines = log.lines();
    let (sizes, lines) = lines.split_at_mut(2);
    assert!(sizes[0].ends_with(" bytes") && sizes[1].ends_with(" bytes"));
    // The two errands have the same deadlines, give or take: which of them is
    // first at each step is not compared.
    lines[2..8].sort();
    assert_eq!(
        lines,
        [
            "called: 0 timers are set",
            "polled: Pending, 1 is set",
            "errand: it begins \"Call me Ishmael.\"",
            "errand: it begins \"There was no possibility of taking a walk \
             that day.\"",
            "errand: jane-eyre is number 1260",
            "errand: moby-dick is number 2701",
            "errand: stored 16 bytes",
            "errand: stored 51 bytes",
            "both: 16 and 51 bytes",
            "errand: moby-dick is number 2701",
            "gave up: 1 timer is set",
            "dropped: 0 are set",
        ]
    );
}

/// Never polled, it says nothing; polled once, it waits and has said nothing.
#[test]
fn nothing_runs_before_the_first_poll() {
    let (executor, log) = (Executor::new(), Log::new());
    let timers = executor.timers();
    let mut future = Box::pin(errand(timers.clone(), TITLE, log.clone()));
    assert_eq!(timers.waiting(), 0);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_pending());
    assert_eq!(timers.waiting(), 1);
    assert!(log.lines().is_empty());
}
