//! Stage 4 of chapter 6: two questions, one after the other.

use ch06_futures::{block_on, two_questions};
use std::time::Instant;
use testing::println;

fn main() {
    let future = two_questions();
    println!("two questions: a value of {} bytes", size_of_val(&future));
    let start = Instant::now();
    let answer = block_on(future);
    println!("{answer:?}, after {} ms", start.elapsed().as_millis());
}

#[test]
fn one_after_the_other() {
    let start = Instant::now();
    assert_eq!(block_on(two_questions()), Ok(42));
    assert!(start.elapsed().as_millis() >= 30);
}
