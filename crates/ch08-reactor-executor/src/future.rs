//! The trait of chapter 8: chapter 7's, with a waker.
//!
//! It leaves out the pin, which chapter 9 adds.

pub use ch07_coroutines::PollState;
pub use std::task::Waker;

// ANCHOR: future
/// A value that says when it is worth asking again.
pub trait Future {
    /// What it gives in the end.
    type Output;

    /// Runs until it is finished or has to wait. `NotReady` promises that
    /// `waker` will be called when it is worth polling again. Of the wakers of
    /// several polls, only the latest counts.
    fn poll(&mut self, waker: &Waker) -> PollState<Self::Output>;
}
// ANCHOR_END: future

/// A box can be polled if what is in it can be.
impl<F: Future + ?Sized> Future for Box<F> {
    type Output = F::Output;

    fn poll(&mut self, waker: &Waker) -> PollState<F::Output> {
        (**self).poll(waker)
    }
}

// ANCHOR: yield_now
/// Lets every other task that is ready have a turn, and continues.
#[derive(Debug, Default)]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(&mut self, waker: &Waker) -> PollState<()> {
        if self.yielded {
            return PollState::Ready(());
        }
        self.yielded = true;
        waker.wake_by_ref(); // worth polling again at once
        PollState::NotReady
    }
}
// ANCHOR_END: yield_now

/// A future that is not ready once.
#[must_use]
pub fn yield_now() -> YieldNow {
    YieldNow::default()
}
