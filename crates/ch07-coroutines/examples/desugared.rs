//! One function as three machines: how large, and how many polls.

use ch07_coroutines::desugared::{self, Sum, greeting_async, sum_async};
use ch07_coroutines::{
    Counted, Future, Get, Http, s1_by_hand, s2_coroutine, spin_on,
};
use std::pin::pin;
use std::task::{Context, Waker};
use testing::println;

// ANCHOR: polls
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
// ANCHOR_END: polls

/// What is printed of a machine.
struct Row {
    name: &'static str,
    /// That the sum takes.
    polls: u64,
    /// Bytes of the sum and of the greeting.
    sizes: [usize; 2],
}

fn rows() -> [Row; 3] {
    let http = || Http::new(([127, 0, 0, 1], 1).into()); // never polled
    let count = 10;
    let by_hand = s1_by_hand::greeting(http());
    let by_macro = s2_coroutine::greeting(http());
    let by_async = greeting_async(http());
    [
        Row {
            name: "by hand",
            polls: polls(Sum::Start { count }),
            sizes: [size_of::<Sum>(), size_of_val(&by_hand)],
        },
        Row {
            name: "corofy",
            polls: polls(desugared::sum(count)),
            sizes: [
                size_of_val(&desugared::sum(count)),
                size_of_val(&by_macro),
            ],
        },
        Row {
            name: "async fn",
            polls: polls_std(sum_async(count)),
            sizes: [size_of_val(&sum_async(count)), size_of_val(&by_async)],
        },
    ]
}

fn main() {
    println!("          polls        bytes");
    println!("            sum    sum  greeting");
    for row in rows() {
        let [sum, greeting] = row.sizes;
        let (name, polls) = (row.name, row.polls);
        println!("{name:<10}{polls:>5}  {sum:>5}  {greeting:>8}");
    }
    println!("a Get alone: {} bytes", size_of::<Get>());
}

#[test]
fn runs() {
    for row in rows() {
        // Ten waits, each of which is not ready once.
        assert_eq!(row.polls, 11, "{}", row.name);
        let [sum, greeting] = row.sizes;
        assert!((20..100).contains(&sum), "{}: {sum} bytes", row.name);
        // A name and a request are alive at the second wait.
        let least = size_of::<String>() + size_of::<Get>();
        let bytes = least..300;
        assert!(bytes.contains(&greeting), "{}: {greeting} bytes", row.name);
    }
}
