//! Stage 5 of chapter 6: the first of two, and what becomes of the other.

use ch06_futures::{Either, block_on, one_shot, select};
use testing::println;

// ANCHOR: noisy
/// Says when it is dropped.
struct Noisy(&'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        println!("dropped: {}", self.0);
    }
}
// ANCHOR_END: noisy

/// What was ready first, and what the loser's sender gets back.
fn race() -> (Either<(), ()>, Result<(), u32>) {
    // ANCHOR: race
    let (slow_tx, slow_rx) = one_shot();
    let (fast_tx, fast_rx) = one_shot();
    let slow = async {
        let _held = Noisy("a local of the loser");
        let _ = slow_rx.await;
        println!("never printed");
    };
    let fast = async {
        let _held = Noisy("a local of the winner");
        let _ = fast_rx.await;
    };
    block_on(async {
        let _ = fast_tx.send(());
        println!("select begins");
        let outcome = select(slow, fast).await;
        println!("select is over: {outcome:?}");
        (outcome, slow_tx.send(42))
    })
    // ANCHOR_END: race
}

fn main() {
    let (_, sent) = race();
    println!("a later send to the loser: {sent:?}");
}

#[test]
fn the_loser_is_dropped_where_it_waits() {
    let (outcome, sent) = race();
    assert_eq!(outcome, Either::Right(()));
    assert_eq!(sent, Err(42));
}
