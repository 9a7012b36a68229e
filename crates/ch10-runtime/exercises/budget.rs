//! Exercise `budget`: a task that always has something to do, and the others.
//!
//! 15 minutes.
//!
//! [`Drain`] takes from a source until it is empty. As long as there is more, it
//! never says pending, so no other task of its thread has a turn, and no timer.
//!
//! Mend it: after [`BUDGET`] items of one poll, the others have their turn, and
//! `Drain` comes again after them. It must not wait for anything else.
//!
//! Run: `cargo test --test budget`
//!
//! Fails until solved: `exercise budget:`

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

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<usize> {
        while (self.source)() {
            self.taken += 1;
        }
        Poll::Ready(self.taken)
    }
}

#[cfg(test)]
#[path = "../exercises/tests/budget.rs"]
mod tests;
