//! Exercise `deadline`: give up in time.
//!
//! 15 minutes.
//!
//! Write a wrapper that polls the inner future and gives its output, or the
//! error [`Elapsed`] from a moment on. An output that is there counts, however
//! late it is. Giving up drops the inner future *then*, and not when the
//! wrapper is dropped: the server should hear of it at once.
//!
//! Run: `cargo test --test deadline`
//!
//! Fails until solved: `exercise deadline:`

use ch07_coroutines::{Future, PollState};
use std::time::Instant;

/// The deadline has passed, and the future was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

/// A future that may take until `at`.
#[derive(Debug)]
pub struct Deadline<F> {
    future: F, // how is it dropped before the wrapper is?
    at: Instant,
}

impl<F> Deadline<F> {
    /// Gives up at the first poll after `at`.
    pub fn new(future: F, at: Instant) -> Self {
        Self { future, at }
    }
}

impl<F: Future> Future for Deadline<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(&mut self) -> PollState<Self::Output> {
        let _ = (&mut self.future, self.at);
        todo!("exercise deadline: poll, then look at the clock")
    }
}

#[cfg(test)]
#[path = "../exercises/tests/deadline.rs"]
mod tests;
