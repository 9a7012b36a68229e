//! The tests of exercise `count_polls`, for the stub and the solution.

use super::CountPolls;
use ch06_futures::{CountWakes, block_on, yield_now};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

#[test]
fn a_ready_future_takes_one() {
    let ended = block_on(CountPolls::new(std::future::ready('a')));
    assert_eq!(ended, ('a', 1), "exercise count_polls: other polls");
}

#[test]
fn each_stop_takes_one_more() {
    let stops = Box::pin(async {
        for _ in 0..4 {
            yield_now().await;
        }
    });
    let ended = block_on(CountPolls::new(stops));
    assert_eq!(ended, ((), 5), "exercise count_polls: other polls");
}

#[test]
fn the_waker_is_handed_on() {
    let wakes = Arc::new(CountWakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&waker);
    let mut future = CountPolls::new(yield_now());
    let first = Pin::new(&mut future).poll(&mut cx);
    assert_eq!(
        first,
        Poll::Pending,
        "exercise count_polls: ready too early"
    );
    let wrong = "exercise count_polls: the inner future got another waker";
    assert_eq!(wakes.count(), 1, "{wrong}");
}
