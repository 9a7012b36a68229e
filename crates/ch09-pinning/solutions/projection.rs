//! Solution of exercise `projection`.
//!
//! The two futures are structurally pinned, the outputs are not.

use ch09_pinning::future::{Future, PollState};
use std::pin::Pin;

/// Two futures, and the outputs of those that are finished.
#[allow(missing_debug_implementations, reason = "an output may have none")]
pub struct Both<A: Future, B: Future> {
    a: A,
    b: B,
    outputs: (Option<A::Output>, Option<B::Output>),
}

/// Runs both at the same time, to the end of both.
pub fn both<A: Future, B: Future>(a: A, b: B) -> Both<A, B> {
    let outputs = (None, None);
    Both { a, b, outputs }
}

/// The fields of a pinned [`Both`].
struct Projected<'a, A: Future, B: Future> {
    a: Pin<&'a mut A>,
    b: Pin<&'a mut B>,
    outputs: &'a mut (Option<A::Output>, Option<B::Output>),
}

impl<A: Future, B: Future> Both<A, B> {
    fn project(self: Pin<&mut Self>) -> Projected<'_, A, B> {
        // SAFETY: nothing is moved out of it but the outputs, which are not
        // pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: the whole is pinned, and this file never moves `a` out of it:
        // it has no `Drop`, no `Unpin` of its own, is not packed, and no
        // function gives `&mut A` or `A` away.
        let a = unsafe { Pin::new_unchecked(&mut this.a) };
        // SAFETY: as for `a`.
        let b = unsafe { Pin::new_unchecked(&mut this.b) };
        let outputs = &mut this.outputs;
        Projected { a, b, outputs }
    }
}

/// Polls a future that is not finished.
fn advance<F: Future>(future: Pin<&mut F>, output: &mut Option<F::Output>) {
    if output.is_none()
        && let PollState::Ready(value) = future.poll()
    {
        *output = Some(value);
    }
}

impl<A: Future, B: Future> Future for Both<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(self: Pin<&mut Self>) -> PollState<Self::Output> {
        let Projected { a, b, outputs } = self.project();
        advance(a, &mut outputs.0);
        advance(b, &mut outputs.1);
        match (outputs.0.take(), outputs.1.take()) {
            (Some(a), Some(b)) => PollState::Ready((a, b)),
            unfinished => {
                *outputs = unfinished;
                PollState::NotReady
            }
        }
    }
}

#[cfg(test)]
#[path = "../exercises/tests/projection.rs"]
mod tests;
