//! Exercise `count_polls`: a future that counts its polls.
//!
//! 10 minutes.
//!
//! `counted` needs an async function and a cell outside. Write a wrapper that
//! keeps the count itself and returns it with the output.
//!
//! Hint: with `F: Unpin`, `Pin::new(&mut self.future)` is the inner future,
//! pinned. For a future that is not `Unpin`, the caller passes `Box::pin(…)`.
//!
//! Run: `cargo test --test count_polls`
//!
//! Fails until solved: `exercise count_polls:`

use std::pin::Pin;
use std::task::{Context, Poll};

/// Gives the inner future's output, and how many polls it took.
#[derive(Debug)]
pub struct CountPolls<F> {
    future: F, // and what else?
}

impl<F> CountPolls<F> {
    /// One that has not been polled yet.
    pub fn new(future: F) -> Self {
        Self { future }
    }
}

impl<F: Future + Unpin> Future for CountPolls<F> {
    type Output = (F::Output, u32);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _ = (&self.future, cx);
        todo!("exercise count_polls: count, and poll the inner future")
    }
}

#[cfg(test)]
#[path = "../exercises/tests/count_polls.rs"]
mod tests;
