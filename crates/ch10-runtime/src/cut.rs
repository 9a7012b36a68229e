//! Cancelling on purpose: drops a future after each number of polls.
//!
//! A future is cancelled by dropping it, and that can happen at each of its
//! awaits. So there are as many ways to cancel it as it has polls, and they
//! can all be tried.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// What came of a future that could be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut<T> {
    /// It was done before.
    Done(T),
    /// It was dropped after that many polls, all of them pending.
    Cut,
}

impl<T> Cut<T> {
    /// What it has come to, if it was done.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(value) => Some(value),
            Self::Cut => None,
        }
    }
}

// ANCHOR: cut
/// Polls `future` at most `polls` times, each time that it is woken, and then
/// drops it: as `select` does with the future that comes second.
///
/// With 0 it is dropped without a poll.
pub async fn after<F: Future>(polls: usize, future: F) -> Cut<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(Cut::Cut);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(value) => Poll::Ready(Cut::Done(value)),
            Poll::Pending if left == 0 => Poll::Ready(Cut::Cut),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
// ANCHOR_END: cut

// ANCHOR: each
/// Runs `scene` with 0 polls, with 1, with 2 and so on, until nothing was cut.
/// `scene` gets the number, cuts with [`after`], checks what it has left
/// behind, and says whether it was cut. Returns how many cuts there were.
///
/// # Panics
///
/// After a million cuts: it never finishes.
pub async fn each(mut scene: impl AsyncFnMut(usize) -> bool) -> usize {
    for polls in 0..1_000_000 {
        if !scene(polls).await {
            return polls;
        }
    }
    panic!("it was cut a million times and is not done");
}
// ANCHOR_END: each
