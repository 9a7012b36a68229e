//! Solution of exercise `deadline`.

use ch07_coroutines::{Future, PollState};
use std::time::Instant;

/// The deadline has passed, and the future was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

/// A future that may take until `at`.
#[derive(Debug)]
pub struct Deadline<F> {
    /// `None` from the end on.
    future: Option<F>,
    at: Instant,
}

impl<F> Deadline<F> {
    /// Gives up at the first poll after `at`.
    pub fn new(future: F, at: Instant) -> Self {
        let future = Some(future);
        Self { future, at }
    }
}

impl<F: Future> Future for Deadline<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(&mut self) -> PollState<Self::Output> {
        let future = self.future.as_mut();
        let future = future.expect("it was polled after it was ready");
        // First the future: an output that is there counts.
        let outcome = match future.poll() {
            PollState::Ready(output) => Ok(output),
            PollState::NotReady if Instant::now() < self.at => {
                return PollState::NotReady;
            }
            PollState::NotReady => Err(Elapsed),
        };
        self.future = None;
        PollState::Ready(outcome)
    }
}

#[cfg(test)]
#[path = "../exercises/tests/deadline.rs"]
mod tests;
