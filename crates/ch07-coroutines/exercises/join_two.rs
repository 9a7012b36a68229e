//! Exercise `join_two`: two futures at once, of different types.
//!
//! 10 minutes.
//!
//! `join_all` takes any number of futures of one type. Write the one for two
//! futures, each with a type and an output of its own. A future that is
//! finished must not be polled again, and is dropped at once: what it holds,
//! such as a connection, is free while the other one still waits.
//!
//! Hint: each side needs two fields, as in `JoinAll`, but without the `Vec`.
//!
//! Run: `cargo test --test join_two`
//!
//! Fails until solved: `exercise join_two:`

use ch07_coroutines::{Future, PollState};

/// Both futures, and what else?
#[allow(missing_debug_implementations, reason = "an output may have none")]
pub struct JoinTwo<A: Future, B: Future> {
    a: A,
    b: B,
}

/// Runs both at the same time, to the end of both.
pub fn join_two<A: Future, B: Future>(a: A, b: B) -> JoinTwo<A, B> {
    JoinTwo { a, b }
}

impl<A: Future, B: Future> Future for JoinTwo<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(&mut self) -> PollState<Self::Output> {
        let _ = (&mut self.a, &mut self.b);
        todo!("exercise join_two: poll both")
    }
}

#[cfg(test)]
#[path = "../exercises/tests/join_two.rs"]
mod tests;
