//! Stage 5 of chapter 9: the coroutine of stages 2 and 3 once more, which must
//! be pinned before it can be polled; and the function that runs them.
//!
//! It leaves out what else would be needed to run in production: a waker.

use crate::future::PollState::{NotReady, Ready};
use crate::future::{Future, PollState};
use ch07_coroutines::Later;
use std::collections::VecDeque;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::ptr;

// ANCHOR: types
/// Waits for words, and writes them one after the other into its text.
#[derive(Debug)]
pub struct Report {
    /// What is still to be waited for.
    words: VecDeque<Later<&'static str>>,
    /// `let mut text = String::new();`
    text: String,
    /// `let out = &mut text;`, and null before that has run.
    out: *mut String,
    /// Takes `Unpin` away, since `out` is an address inside this value.
    _pinned: PhantomPinned,
}
// ANCHOR_END: types

/// The call: it keeps the words to wait for, and runs nothing. Until it is
/// pinned, the result may be moved. Polled again after its end, it gives an
/// empty text.
///
/// # Examples
///
/// ```
/// use ch07_coroutines::Later;
/// use ch09_pinning::future::spin_on;
/// use ch09_pinning::s5_pinned::report;
///
/// let words = [Later::new("wind ", 0), Later::new("NW", 2)];
/// assert_eq!(spin_on(report(words)), "wind NW");
/// ```
// ANCHOR: call
pub fn report<const N: usize>(words: [Later<&'static str>; N]) -> Report {
    Report {
        words: words.into(),
        text: String::new(),
        out: ptr::null_mut(),
        _pinned: PhantomPinned,
    }
}
// ANCHOR_END: call

// ANCHOR: poll
impl Future for Report {
    type Output = String;

    fn poll(self: Pin<&mut Self>) -> PollState<String> {
        // SAFETY: `this` is not moved. `words` may be, as no address of it is
        // kept, and the place of `text` stays, whatever string is in it.
        let this = unsafe { self.get_unchecked_mut() };
        if this.out.is_null() {
            // let out = &mut text;
            this.out = &raw mut this.text;
        }
        // SAFETY: it is the address of `text`: this value has been pinned
        // since the poll that set it. `text` is not used before the loop ends.
        let out = unsafe { &mut *this.out };
        while let Some(word) = this.words.front_mut() {
            let Ready(word) = Pin::new(word).poll() else {
                return NotReady;
            };
            out.push_str(word);
            this.words.pop_front();
        }
        this.out = ptr::null_mut(); // the borrow is over
        Ready(mem::take(&mut this.text))
    }
}
// ANCHOR_END: poll

/// Polls all of them in turns until each is finished. Gives their outputs, the
/// first one finished first. What must not be moved has to be behind a pinned
/// pointer.
///
/// # Panics
///
/// If one of the futures does. The others are dropped.
///
/// # Examples
///
/// ```
/// use ch07_coroutines::Later;
/// use ch09_pinning::s5_pinned::{report, run_all};
///
/// let reports = [report([Later::new("fog", 1)]), report([])];
/// let reports = reports.map(Box::pin);
/// assert_eq!(run_all(reports.into()), ["", "fog"]);
/// ```
// ANCHOR: run_all
pub fn run_all<F: Future + Unpin>(mut tasks: Vec<F>) -> Vec<F::Output> {
    let mut outputs = Vec::new();
    while !tasks.is_empty() {
        let mut index = 0;
        while index < tasks.len() {
            match Pin::new(&mut tasks[index]).poll() {
                PollState::Ready(output) => {
                    outputs.push(output);
                    // The last one fills the gap.
                    tasks.swap_remove(index);
                }
                PollState::NotReady => index += 1,
            }
        }
    }
    outputs
}
// ANCHOR_END: run_all
