//! Exercise `join2`: two futures in one, without `async`.
//!
//! 15 minutes.
//!
//! The chapter's `join` lets the compiler keep the two futures. Write the
//! struct yourself: it holds both futures until they are ready, and both
//! outputs until the second one is there. A branch that is ready is dropped at
//! once and never polled again.
//!
//! Hint: `F: Unpin` gives you `Pin::new(&mut future)`, so there is no unsafe
//! code. For each branch there are three states: running, done, taken.
//!
//! Run: `cargo test --test join2`
//!
//! Fails until solved: `exercise join2:`

use std::pin::Pin;
use std::task::{Context, Poll};

/// Both at the same time.
#[allow(missing_debug_implementations, reason = "an output may have none")]
pub struct Join2<A: Future, B: Future> {
    a: A, // your states here
    b: B,
}

/// Runs both to their ends.
pub fn join2<A, B>(a: A, b: B) -> Join2<A, B>
where
    A: Future + Unpin,
    B: Future + Unpin,
{
    Join2 { a, b }
}

impl<A, B> Future for Join2<A, B>
where
    A: Future<Output: Unpin> + Unpin,
    B: Future<Output: Unpin> + Unpin,
{
    type Output = (A::Output, B::Output);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _ = (&self.a, &self.b, cx);
        todo!("exercise join2: poll what is not ready yet")
    }
}

#[cfg(test)]
#[path = "../exercises/tests/join2.rs"]
mod tests;
