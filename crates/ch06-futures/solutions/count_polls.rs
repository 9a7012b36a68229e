//! Solution of exercise `count_polls`.

use std::pin::Pin;
use std::task::{Context, Poll};

/// Gives the inner future's output, and how many polls it took.
#[derive(Debug)]
pub struct CountPolls<F> {
    future: F,
    polls: u32,
}

impl<F> CountPolls<F> {
    /// One that has not been polled yet.
    pub fn new(future: F) -> Self {
        Self { future, polls: 0 }
    }
}

impl<F: Future + Unpin> Future for CountPolls<F> {
    type Output = (F::Output, u32);

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Self::Output> {
        self.polls += 1;
        let polls = self.polls;
        let inner = Pin::new(&mut self.future);
        inner.poll(cx).map(|output| (output, polls))
    }
}

#[cfg(test)]
#[path = "../exercises/tests/count_polls.rs"]
mod tests;
