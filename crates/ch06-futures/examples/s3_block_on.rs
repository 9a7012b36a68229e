//! Stage 3 of chapter 6: `block_on`, and what it refuses.

use ch06_futures::block_on;
use ch06_futures::s2_by_hand::two_halves;
use std::panic;
use testing::println;

/// The message of a panic.
fn message(outcome: std::thread::Result<()>) -> String {
    let Err(why) = outcome else {
        return "it did not panic".to_string();
    };
    match why.downcast_ref::<&str>() {
        Some(message) => (*message).to_string(),
        None => "a panic with another payload".to_string(),
    }
}

/// The message of a `block_on` in a future that runs in one.
fn nested() -> String {
    message(panic::catch_unwind(|| {
        // ANCHOR: nested
        block_on(async {
            block_on(async { 1 });
        });
        // ANCHOR_END: nested
    }))
}

fn main() {
    println!("{}", block_on(two_halves()));
    panic::set_hook(Box::new(|_| {})); // the message comes below
    println!("nested: {}", nested());
}

#[test]
fn it_runs_to_the_end_and_refuses_itself() {
    assert_eq!(block_on(two_halves()), 7);
    assert!(nested().starts_with("block_on inside block_on"));
    // A panic that was caught leaves the thread as it was.
    let half = std::time::Duration::ZERO;
    assert_eq!(block_on(ch06_futures::ask(5, half)), Ok(5));
}
