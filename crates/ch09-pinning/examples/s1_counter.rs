//! Stage 1: a coroutine with a counter is moved in the middle of its run.

use ch07_coroutines::{Future, Later, PollState, spin_on};
use ch09_pinning::s1_counter::letters;
use testing::println;

/// What it says after one poll, before and after it was moved; whether the
/// counter is where it was; and the output.
fn moved() -> (usize, usize, bool, usize) {
    // ANCHOR: main
    let mut here = letters([Later::new("fog", 0), Later::new("rain", 1)]);
    assert_eq!(here.poll(), PollState::NotReady); // it waits for "rain"
    let before = (&raw const *here.count(), *here.count());

    let there = Box::new(here); // a move, from the stack to the heap
    let after = (&raw const *there.count(), *there.count());
    let total = spin_on(*there); // and another one, to be polled to its end
    // ANCHOR_END: main
    (before.1, after.1, before.0 == after.0, total)
}

fn main() {
    let (before, after, same, total) = moved();
    println!("counted so far: {before}; after the move: {after}");
    println!("the counter is where it was: {same}");
    println!("in all: {total}");
}

#[test]
fn runs() {
    assert_eq!(moved(), (3, 3, false, 7));
}
