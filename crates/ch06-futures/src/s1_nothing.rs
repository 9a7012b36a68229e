//! Stage 1 of chapter 6: calling an async function.
//!
//! It leaves out whatever would run one: that is stage 2.

use crate::quiet::println;

// ANCHOR: both
/// Greets, and returns the length of the name.
pub async fn greet(name: &str) -> usize {
    println!("hello, {name}");
    name.len()
}

/// An ordinary function that returns a future.
pub fn greet_early(name: &str) -> impl Future<Output = usize> {
    println!("hello, {name}");
    async move { name.len() }
}
// ANCHOR_END: both
