//! Stage 1 of chapter 6: call an async function and see nothing happen.

use ch06_futures::s1_nothing::{greet, greet_early};
use testing::println;

fn main() {
    // ANCHOR: main
    let future = greet("Ada");
    println!("called: a value of {} bytes", size_of_val(&future));
    drop(future);
    println!("dropped");

    let future = greet_early("Bob");
    println!("called, too");
    drop(future);
    // ANCHOR_END: main
}

#[test]
fn an_async_function_that_is_dropped_has_run_nothing() {
    use std::cell::Cell;
    async fn runs(ran: &Cell<bool>) {
        ran.set(true);
    }
    let ran = Cell::new(false);
    drop(runs(&ran));
    assert!(!ran.get());
    ch06_futures::block_on(runs(&ran));
    assert!(ran.get());
}
