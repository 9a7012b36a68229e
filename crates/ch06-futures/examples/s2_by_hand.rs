//! Stage 2 of chapter 6: poll a future by hand.

use ch06_futures::s2_by_hand::two_halves;
use std::pin::pin;
use std::task::{Context, Waker};
use testing::println;

fn main() {
    // ANCHOR: noop
    let mut future = pin!(two_halves());
    let mut cx = Context::from_waker(Waker::noop());
    println!("{:?}", future.as_mut().poll(&mut cx));
    println!("{:?}", future.as_mut().poll(&mut cx));
    // ANCHOR_END: noop
}

#[test]
fn each_poll_runs_to_the_next_pending_await() {
    use ch06_futures::CountWakes;
    use std::sync::Arc;
    use std::task::Poll;
    let wakes = Arc::new(CountWakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(two_halves());
    assert_eq!(wakes.count(), 0);
    assert_eq!(future.as_mut().poll(&mut cx), Poll::Pending);
    assert_eq!(wakes.count(), 1);
    assert_eq!(future.as_mut().poll(&mut cx), Poll::Ready(7));
    assert_eq!(wakes.count(), 1);
}
