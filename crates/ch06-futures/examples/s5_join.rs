//! Stage 5 of chapter 6: two questions at the same time, with their polls
//! counted; and a branch that is always busy, but yields.

use ch06_futures::{ask, block_on, counted, join, one_shot, yield_now};
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};
use testing::println;

// ANCHOR: two
/// Polls of the whole, of its first branch, and of its second one.
fn two_at_once() -> [u32; 3] {
    let [whole, first, second] = [const { Cell::new(0) }; 3];
    // Each question is asked at the first poll.
    let slow = async { ask(40, Duration::from_millis(200)).await };
    let fast = async { ask(2, Duration::from_millis(50)).await };
    let (slow, fast) = (counted(&first, slow), counted(&second, fast));
    let both = block_on(counted(&whole, join(slow, fast)));
    assert_eq!(both, (Ok(40), Ok(2)));
    [whole.get(), first.get(), second.get()]
}
// ANCHOR_END: two

// ANCHOR: busy
/// A branch that is always busy, but yields, beside one that waits for the
/// busy one's third turn.
fn turns() -> String {
    let turns = RefCell::new(Vec::new());
    let (sender, receiver) = one_shot();
    let busy = async {
        let mut sender = Some(sender);
        for turn in 1..=5 {
            turns.borrow_mut().push("busy");
            if turn == 3
                && let Some(sender) = sender.take()
            {
                let _ = sender.send(());
            }
            yield_now().await;
        }
    };
    let waits = async {
        let answer = receiver.await;
        turns.borrow_mut().push("ANSWERED");
        answer
    };
    block_on(join(busy, waits)).1.expect("it was sent");
    turns.into_inner().join(", ")
}
// ANCHOR_END: busy

fn main() {
    let start = Instant::now();
    let [whole, first, second] = two_at_once();
    println!("both, after {} ms", start.elapsed().as_millis());
    println!("polls of join: {whole}, slow: {first}, fast: {second}");
    println!("{}", turns());
}

#[test]
fn polls_and_turns() {
    let start = Instant::now();
    assert_eq!(two_at_once(), [3, 3, 2]);
    let elapsed = start.elapsed();
    assert!(elapsed >= Duration::from_millis(200), "{elapsed:?}");
    assert_eq!(turns(), "busy, busy, busy, ANSWERED, busy, busy");
}
