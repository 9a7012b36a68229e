//! The trait of chapter 9: chapter 7's, with a pin in its signature.
//!
//! It leaves out the waker. Nothing in this chapter sleeps, and the pin has
//! nothing to do with it.

pub use ch07_coroutines::PollState;

use ch07_coroutines::Later;
use std::ops::DerefMut;
use std::pin::{Pin, pin};

// ANCHOR: future
/// A value that can be asked again and again whether it is finished, and that
/// may hold references into itself from its first poll on.
pub trait Future {
    /// What it gives in the end.
    type Output;

    /// Runs until it is finished or has to wait, without ever blocking.
    fn poll(self: Pin<&mut Self>) -> PollState<Self::Output>;
}
// ANCHOR_END: future

// ANCHOR: pointers
/// A pinned pointer to a future is a future. It may be moved if the pointer is
/// `Unpin`, as most are.
impl<P> Future for Pin<P>
where
    P: DerefMut<Target: Future>,
{
    type Output = <P::Target as Future>::Output;

    fn poll(self: Pin<&mut Self>) -> PollState<Self::Output> {
        self.as_deref_mut().poll()
    }
}
// ANCHOR_END: pointers

/// The leaf of chapter 7 has no reference into itself.
impl<T: Unpin> Future for Later<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>) -> PollState<T> {
        ch07_coroutines::Future::poll(self.get_mut())
    }
}

/// Asks again and again until `future` is finished. It is pinned here, to the
/// stack.
///
/// # Panics
///
/// If the future does.
///
/// # Examples
///
/// ```
/// use ch07_coroutines::Later;
/// use ch09_pinning::future::spin_on;
///
/// assert_eq!(spin_on(Later::new(42, 3)), 42);
/// ```
// ANCHOR: spin_on
pub fn spin_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let PollState::Ready(output) = future.as_mut().poll() {
            return output;
        }
        std::hint::spin_loop(); // tells the processor what this is
    }
}
// ANCHOR_END: spin_on
