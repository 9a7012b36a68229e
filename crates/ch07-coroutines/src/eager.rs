//! Must a future be lazy? One that is not, for comparison.

use crate::future::{Future, PollState};

// ANCHOR: start
/// A future that was polled once before anything asked for it.
#[derive(Debug)]
pub struct Started<F: Future> {
    future: F,
    early: Option<F::Output>,
}

/// Polls `future` once, now.
pub fn start<F: Future>(mut future: F) -> Started<F> {
    let early = match future.poll() {
        PollState::Ready(output) => Some(output),
        PollState::NotReady => None,
    };
    Started { future, early }
}

impl<F: Future> Future for Started<F> {
    type Output = F::Output;

    fn poll(&mut self) -> PollState<F::Output> {
        match self.early.take() {
            Some(output) => PollState::Ready(output),
            None => self.future.poll(),
        }
    }
}
// ANCHOR_END: start
