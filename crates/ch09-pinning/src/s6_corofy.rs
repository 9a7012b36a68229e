//! The report of chapter 9 by macro: corofy in its pinned shape.
//!
//! Its trait is the one that corofy writes machines for: with a pin, and with
//! chapter 8's waker. Nothing here leaves the waker with anybody.

pub use crate::future::PollState;
pub use std::task::Waker;

use ch07_coroutines::Later;
use std::ops::DerefMut;
use std::pin::{Pin, pin};

// ANCHOR: future
/// A future that is pinned, and told whom to wake.
pub trait Future {
    /// What it gives in the end.
    type Output;

    /// Runs until it is finished or has to wait, without ever blocking.
    fn poll(self: Pin<&mut Self>, waker: &Waker) -> PollState<Self::Output>;
}
// ANCHOR_END: future

/// The leaf of chapter 7 wakes nobody: whoever waits for it asks again.
impl<T: Unpin> Future for Later<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &Waker) -> PollState<T> {
        ch07_coroutines::Future::poll(self.get_mut())
    }
}

// ANCHOR: report
/// Waits for words, and writes them one after the other into its text.
#[corofy::coroutine(pinned, crate = crate::s6_corofy)]
pub fn report(words: Vec<Later<&'static str>>) -> String {
    let mut text = String::new();
    let out = &mut text; // held across the wait below
    for word in words {
        out.push_str(word.wait);
    }
    text
}
// ANCHOR_END: report

/// Asks again and again until `future` is finished.
///
/// # Panics
///
/// If the future does.
///
/// # Examples
///
/// ```
/// use ch07_coroutines::Later;
/// use ch09_pinning::s6_corofy::{report, spin_on};
///
/// let words = vec![Later::new("wind ", 0), Later::new("NW", 2)];
/// assert_eq!(spin_on(report(words)), "wind NW");
/// ```
pub fn spin_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let PollState::Ready(output) = future.as_mut().poll(Waker::noop()) {
            return output;
        }
        std::hint::spin_loop(); // tells the processor what this is
    }
}

/// A pinned pointer to a future is a future.
impl<P> Future for Pin<P>
where
    P: DerefMut<Target: Future>,
{
    type Output = <P::Target as Future>::Output;

    fn poll(self: Pin<&mut Self>, waker: &Waker) -> PollState<Self::Output> {
        self.as_deref_mut().poll(waker)
    }
}
