//! Stage 3 of chapter 9: coroutines side by side in one block of memory, and
//! the optimisation that moves them.
//!
//! This function is sound: a future of chapter 7 may be moved between two
//! polls. It leaves out any future that may not.

use ch07_coroutines::{Future, PollState};

/// Polls all of them in turns until each is finished. Gives their outputs, the
/// first one finished first.
///
/// # Panics
///
/// If one of the futures does. The others are dropped.
///
/// # Examples
///
/// ```
/// use ch07_coroutines::Later;
/// use ch09_pinning::s3_run_all::run_all;
///
/// let later = [Later::new('a', 2), Later::new('b', 1)];
/// assert_eq!(run_all(later.into()), ['b', 'a']);
/// ```
// ANCHOR: run_all
pub fn run_all<F: Future>(mut tasks: Vec<F>) -> Vec<F::Output> {
    let mut outputs = Vec::new();
    while !tasks.is_empty() {
        let mut index = 0;
        while index < tasks.len() {
            match tasks[index].poll() {
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
