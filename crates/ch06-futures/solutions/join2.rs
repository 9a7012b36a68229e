//! Solution of exercise `join2`.

use std::pin::Pin;
use std::task::{Context, Poll};

/// One of the two.
enum Branch<F: Future> {
    Running(F),
    Done(F::Output),
    Taken,
}

impl<F: Future<Output: Unpin> + Unpin> Branch<F> {
    /// Polls it if it is still running, and returns whether it is done.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        assert!(!matches!(self, Self::Taken), "polled after its end");
        if let Self::Running(future) = self
            && let Poll::Ready(output) = Pin::new(future).poll(cx)
        {
            *self = Self::Done(output); // here the future is dropped
        }
        matches!(self, Self::Done(_))
    }

    fn take(&mut self) -> F::Output {
        match std::mem::replace(self, Self::Taken) {
            Self::Done(output) => output,
            _ => unreachable!("both are done"),
        }
    }
}

/// Both at the same time.
#[allow(missing_debug_implementations, reason = "an output may have none")]
pub struct Join2<A: Future, B: Future> {
    a: Branch<A>,
    b: Branch<B>,
}

/// Runs both to their ends.
pub fn join2<A, B>(a: A, b: B) -> Join2<A, B>
where
    A: Future + Unpin,
    B: Future + Unpin,
{
    let (a, b) = (Branch::Running(a), Branch::Running(b));
    Join2 { a, b }
}

impl<A, B> Future for Join2<A, B>
where
    A: Future<Output: Unpin> + Unpin,
    B: Future<Output: Unpin> + Unpin,
{
    type Output = (A::Output, B::Output);

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Self::Output> {
        // Both, whatever the first one says: `&` and not `&&`.
        if self.a.poll(cx) & self.b.poll(cx) {
            Poll::Ready((self.a.take(), self.b.take()))
        } else {
            Poll::Pending
        }
    }
}

#[cfg(test)]
#[path = "../exercises/tests/join2.rs"]
mod tests;
