//! The solution of exercise `budget`.

use std::pin::Pin;
use std::task::{Context, Poll};

/// How many items there are in one poll at most.
pub const BUDGET: usize = 64;

/// Takes from `source` as long as that says `true`; its output is how often.
#[derive(Debug)]
pub struct Drain<S> {
    source: S,
    taken: usize,
}

impl<S: FnMut() -> bool + Unpin> Drain<S> {
    /// Nothing is taken yet.
    pub fn new(source: S) -> Self {
        Self { source, taken: 0 }
    }
}

impl<S: FnMut() -> bool + Unpin> Future for Drain<S> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        for _ in 0..BUDGET {
            if !(self.source)() {
                return Poll::Ready(self.taken);
            }
            self.taken += 1;
        }
        cx.waker().wake_by_ref(); // nothing else would
        Poll::Pending
    }
}

#[cfg(test)]
#[path = "../exercises/tests/budget.rs"]
mod tests;
