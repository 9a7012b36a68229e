//! Solution of exercise `join_two`.

use ch07_coroutines::{Future, PollState};

/// One of the two: its future until it is finished, then its output.
enum Side<F: Future> {
    Runs(F),
    Ended(F::Output),
    /// The output has been returned.
    Gone,
}

impl<F: Future> Side<F> {
    /// Polls it unless it has ended. Has it now?
    fn has_ended(&mut self) -> bool {
        if let Side::Runs(future) = self {
            match future.poll() {
                PollState::NotReady => return false,
                // The assignment drops the future.
                PollState::Ready(output) => *self = Side::Ended(output),
            }
        }
        true
    }

    fn take(&mut self) -> Option<F::Output> {
        match std::mem::replace(self, Side::Gone) {
            Side::Ended(output) => Some(output),
            Side::Runs(_) | Side::Gone => None,
        }
    }
}

/// Both futures, each until it is finished.
#[allow(missing_debug_implementations, reason = "an output may have none")]
pub struct JoinTwo<A: Future, B: Future> {
    a: Side<A>,
    b: Side<B>,
}

/// Runs both at the same time, to the end of both.
pub fn join_two<A: Future, B: Future>(a: A, b: B) -> JoinTwo<A, B> {
    let (a, b) = (Side::Runs(a), Side::Runs(b));
    JoinTwo { a, b }
}

impl<A: Future, B: Future> Future for JoinTwo<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(&mut self) -> PollState<Self::Output> {
        // Both are polled: `&&` would leave the second one out.
        if !(self.a.has_ended() & self.b.has_ended()) {
            return PollState::NotReady;
        }
        let outputs = self.a.take().zip(self.b.take());
        PollState::Ready(outputs.expect("it was polled after it was ready"))
    }
}

#[cfg(test)]
#[path = "../exercises/tests/join_two.rs"]
mod tests;
