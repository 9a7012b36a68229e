//! A leaf without a socket, and a future that counts: with these two, what
//! polls do can be said exactly.

use crate::future::{FINISHED, Future, PollState};

// ANCHOR: later
/// A leaf without a socket: not ready a number of times, then a value.
#[derive(Debug)]
pub struct Later<T> {
    value: Option<T>,
    waits: u32,
}

impl<T> Future for Later<T> {
    type Output = T;

    fn poll(&mut self) -> PollState<T> {
        if self.waits > 0 {
            self.waits -= 1;
            return PollState::NotReady;
        }
        PollState::Ready(self.value.take().expect(FINISHED))
    }
}
// ANCHOR_END: later

impl<T> Later<T> {
    /// One that is ready at its `waits + 1`st poll.
    pub fn new(value: T, waits: u32) -> Self {
        let value = Some(value);
        Self { value, waits }
    }
}

// ANCHOR: counted
/// Gives the inner future's output, and how many polls it took.
#[derive(Debug)]
pub struct Counted<F> {
    future: F,
    polls: u64,
}

impl<F: Future> Future for Counted<F> {
    type Output = (F::Output, u64);

    fn poll(&mut self) -> PollState<Self::Output> {
        self.polls += 1;
        self.future.poll().map(|output| (output, self.polls))
    }
}
// ANCHOR_END: counted

impl<F> Counted<F> {
    /// One that was not polled yet.
    pub fn new(future: F) -> Self {
        let polls = 0;
        Self { future, polls }
    }

    /// How often it was polled.
    pub fn polls(&self) -> u64 {
        self.polls
    }

    /// The future that it counts for.
    pub fn get_ref(&self) -> &F {
        &self.future
    }
}
