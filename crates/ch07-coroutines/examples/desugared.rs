//! One function as three machines: how large, and how many polls.

use ch07_coroutines::desugared::{self, Sum, greeting_async, sum_async};
use ch07_coroutines::{
    Counted, Future, Http, s1_by_hand, s2_coroutine, spin_on,
};
use std::pin::pin;
use std::task::{Context, Waker};
use testing::println;

/// How many polls a future of ours takes.
fn polls<F: Future>(future: F) -> u64 {
    spin_on(Counted::new(future)).1
}

/// How many polls a future of the standard library's takes.
fn polls_std<F: std::future::Future>(future: F) -> u64 {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    let mut polls = 1;
    while future.as_mut().poll(&mut cx).is_pending() {
        polls += 1;
    }
    polls
}

/// Of each machine: polls and bytes of the sum, bytes of the greeting.
fn rows() -> [(&'static str, u64, usize, usize); 3] {
    let http = || Http::new(([127, 0, 0, 1], 1).into()); // never polled
    let count = 10;
    [
        (
            "by hand",
            polls(Sum::Start { count }),
            size_of::<Sum>(),
            size_of_val(&s1_by_hand::greeting(http())),
        ),
        (
            "corofy",
            polls(desugared::sum(count)),
            size_of_val(&desugared::sum(count)),
            size_of_val(&s2_coroutine::greeting(http())),
        ),
        (
            "async fn",
            polls_std(sum_async(count)),
            size_of_val(&sum_async(count)),
            size_of_val(&greeting_async(http())),
        ),
    ]
}

fn main() {
    println!("          sum: polls  bytes  greeting: bytes");
    for (name, polls, sum, greeting) in rows() {
        println!("{name:<10}{polls:>10}  {sum:>5}  {greeting:>15}");
    }
}

#[test]
fn runs() {
    let [by_hand, corofy, by_async] = rows();
    // Ten waits, each of which is not ready once.
    assert_eq!([by_hand.1, corofy.1, by_async.1], [11; 3]);
    for (name, _, sum, greeting) in rows() {
        assert!(sum < 100, "{name}: {sum} bytes");
        assert!(greeting < 300, "{name}: {greeting} bytes");
    }
}
