//! Stage 1 of chapter 9: a coroutine with a counter that lives across its
//! waits. It may be moved between two polls.
//!
//! It leaves out any reference into itself: that is stage 2.

use ch07_coroutines::PollState::{NotReady, Ready};
use ch07_coroutines::{Future, Later, PollState};
use std::collections::VecDeque;

// ANCHOR: letters
/// Waits for words, one after the other, and counts their letters.
#[derive(Debug)]
pub struct Letters {
    /// What is still to be waited for.
    words: VecDeque<Later<&'static str>>,
    /// The local variable that lives across the waits.
    count: usize,
}

impl Future for Letters {
    type Output = usize;

    fn poll(&mut self) -> PollState<usize> {
        while let Some(word) = self.words.front_mut() {
            let Ready(word) = word.poll() else {
                return NotReady;
            };
            self.count += word.len();
            self.words.pop_front();
        }
        Ready(self.count)
    }
}
// ANCHOR_END: letters

impl Letters {
    // ANCHOR: count
    /// The counter itself: where it is, and what it says.
    #[must_use]
    pub fn count(&self) -> &usize {
        &self.count
    }
    // ANCHOR_END: count
}

/// The call: it keeps the words to wait for, and runs nothing.
///
/// # Examples
///
/// ```
/// use ch07_coroutines::{Later, spin_on};
/// use ch09_pinning::s1_counter::letters;
///
/// let words = [Later::new("fog", 2), Later::new("rain", 1)];
/// assert_eq!(spin_on(letters(words)), 7);
/// ```
pub fn letters(
    words: impl IntoIterator<Item = Later<&'static str>>,
) -> Letters {
    Letters {
        words: words.into_iter().collect(),
        count: 0,
    }
}
