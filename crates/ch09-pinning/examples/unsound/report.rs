//! UNSOUND. The coroutine of stages 2 and 3 of chapter 9, which is wrong on
//! purpose: safe code that moves it after its first poll has undefined
//! behaviour. No library has it. `src/s5_pinned.rs` is the right one.

use crate::Later;
use ch07_coroutines::PollState::{NotReady, Ready};
use ch07_coroutines::{Future, PollState};
use std::collections::VecDeque;
use std::mem;
use std::ptr;

// ANCHOR: types
/// Waits for words, and writes them one after the other into its text.
pub struct Report {
    /// What is still to be waited for.
    words: VecDeque<Later<&'static str>>,
    /// `let mut text = String::new();`
    text: String,
    /// `let out = &mut text;`, and null before that has run.
    out: *mut String,
}

/// The call: it keeps the words to wait for, and runs nothing.
pub fn report<const N: usize>(words: [Later<&'static str>; N]) -> Report {
    Report {
        words: words.into(),
        text: String::new(),
        out: ptr::null_mut(),
    }
}
// ANCHOR_END: types

// ANCHOR: poll
impl Future for Report {
    type Output = String;

    fn poll(&mut self) -> PollState<String> {
        if self.out.is_null() {
            // let out = &mut text;
            self.out = &raw mut self.text;
        }
        // SAFETY: NOT KEPT. It is the address of `text` only as long as this
        // value stays where it was, and nobody promises that.
        let out = unsafe { &mut *self.out };
        while let Some(word) = self.words.front_mut() {
            let Ready(word) = word.poll() else {
                return NotReady;
            };
            out.push_str(word);
            self.words.pop_front();
        }
        self.out = ptr::null_mut(); // the borrow is over
        Ready(mem::take(&mut self.text))
    }
}
// ANCHOR_END: poll

impl Report {
    #[allow(dead_code, reason = "stage 3 does not look")]
    // ANCHOR: places
    /// Where its text is, and where it believes it to be.
    pub fn places(&self) -> (*const String, *const String) {
        (&raw const self.text, self.out)
    }
    // ANCHOR_END: places
}
