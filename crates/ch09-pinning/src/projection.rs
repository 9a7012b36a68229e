//! From a pinned struct to its fields, by hand.
//!
//! It leaves out enums, which work in the same way, and the macro of
//! pin-project-lite, which `examples/projection.rs` sets beside this.

use crate::future::{Future, PollState};
use std::pin::Pin;

// ANCHOR: types
/// Gives the inner future's output, and how many polls it took.
#[derive(Debug)]
pub struct Counted<F> {
    /// Structurally pinned: if the whole is pinned, this is.
    future: F,
    /// Not pinned, whatever the whole is.
    polls: u64,
}
// ANCHOR_END: types

impl<F> Counted<F> {
    /// One that was not polled yet.
    pub const fn new(future: F) -> Self {
        let polls = 0;
        Self { future, polls }
    }
}

// ANCHOR: project
impl<F> Counted<F> {
    /// The fields: a pin to `future`, and a plain reference to `polls`.
    fn project(self: Pin<&mut Self>) -> (Pin<&mut F>, &mut u64) {
        // SAFETY: nothing is moved out of it, here or by those who call this:
        // they get a pin to `future`, and `polls` may be moved.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: the whole is pinned, and `future` is never moved out of it:
        // in this module no function gives `&mut F` or `F` out of a pin, and
        // in this crate `Counted` has no `Drop` and no `Unpin` of its own. It
        // is dropped with the whole, where it is, and is not packed.
        let future = unsafe { Pin::new_unchecked(&mut this.future) };
        (future, &mut this.polls)
    }
}
// ANCHOR_END: project

// ANCHOR: poll
impl<F: Future> Future for Counted<F> {
    type Output = (F::Output, u64);

    fn poll(self: Pin<&mut Self>) -> PollState<Self::Output> {
        let (future, polls) = self.project();
        *polls += 1;
        future.poll().map(|output| (output, *polls))
    }
}
// ANCHOR_END: poll
