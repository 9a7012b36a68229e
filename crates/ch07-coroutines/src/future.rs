//! The trait of chapter 7, and the plainest way to run what implements it.
//!
//! It leaves out the waker, added in chapter 8, and the pin, added in chapter 9.
//! You see what each of them is for when it is missing.

// ANCHOR: future
/// A value that can be asked again and again whether it is finished.
pub trait Future {
    /// What it gives in the end.
    type Output;

    /// Runs until it is finished or has to wait, without ever blocking.
    fn poll(&mut self) -> PollState<Self::Output>;
}

/// The answer to a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollState<T> {
    /// Finished, with this. It must not be polled again.
    Ready(T),
    /// It has to wait. Ask again later.
    NotReady,
}
// ANCHOR_END: future

impl<T> PollState<T> {
    /// Is there a value?
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }

    /// The same answer with another value in it.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> PollState<U> {
        match self {
            Self::Ready(value) => PollState::Ready(change(value)),
            Self::NotReady => PollState::NotReady,
        }
    }
}

// ANCHOR: boxed
/// A box can be polled if what is in it can be.
impl<F: Future + ?Sized> Future for Box<F> {
    type Output = F::Output;

    fn poll(&mut self) -> PollState<F::Output> {
        (**self).poll()
    }
}
// ANCHOR_END: boxed

/// Asks again and again until `future` is finished.
///
/// It burns a whole core for that. Chapter 8 sleeps instead.
///
/// # Panics
///
/// If the future does.
///
/// # Examples
///
/// ```
/// use ch07_coroutines::{Later, spin_on};
///
/// assert_eq!(spin_on(Later::new(42, 3)), 42);
/// ```
// ANCHOR: spin_on
pub fn spin_on<F: Future>(mut future: F) -> F::Output {
    loop {
        if let PollState::Ready(output) = future.poll() {
            return output;
        }
        std::hint::spin_loop(); // tells the processor what this is
    }
}
// ANCHOR_END: spin_on

/// What a future says when it is polled after its end.
pub(crate) const FINISHED: &str = "a finished future was polled again";
