//! Exercise `projection`: two futures in one, without a box for either.
//!
//! 15 minutes.
//!
//! `both` runs two futures at the same time. Neither is `Unpin`, so `poll` has
//! to get from a pin to the whole to a pin to each of the two. A future that is
//! finished is not polled again.
//!
//! Write the projection by hand, as a function of its own, with all the unsafe
//! that there is. `Counted` in `src/projection.rs` is the pattern.
//!
//! Run: `cargo test --test projection`
//!
//! Fails until solved: `exercise projection:`

use ch09_pinning::future::{Future, PollState};
use std::pin::Pin;

/// Two futures, and the outputs of those that are finished.
#[allow(missing_debug_implementations, reason = "an output may have none")]
pub struct Both<A: Future, B: Future> {
    a: A,
    b: B,
    outputs: (Option<A::Output>, Option<B::Output>),
}

/// Runs both at the same time, to the end of both.
pub fn both<A: Future, B: Future>(a: A, b: B) -> Both<A, B> {
    let outputs = (None, None);
    Both { a, b, outputs }
}

impl<A: Future, B: Future> Future for Both<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(self: Pin<&mut Self>) -> PollState<Self::Output> {
        let _ = (&self.a, &self.b, &self.outputs);
        todo!("exercise projection: poll both")
    }
}

#[cfg(test)]
#[path = "../exercises/tests/projection.rs"]
mod tests;
