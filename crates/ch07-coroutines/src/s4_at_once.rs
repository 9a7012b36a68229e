//! Stage 4 of chapter 7: any number of futures at once, in one.
//!
//! It leaves out a way to tell which of them is worth polling: each poll polls
//! all that are not finished.

use crate::future::{FINISHED, Future, PollState};
use crate::http::Http;
use std::fmt;
use std::io;
use std::mem;

// ANCHOR: types
/// Runs all its futures at the same time, to the end of each.
pub struct JoinAll<F: Future> {
    /// `None` once it is finished.
    futures: Vec<Option<F>>,
    /// In the order of the futures, whichever is finished first.
    outputs: Vec<Option<F::Output>>,
    /// All are finished, and the outputs have been returned.
    done: bool,
}
// ANCHOR_END: types

/// Runs `futures` at the same time. The output has theirs, in their order.
///
/// Each future is dropped when it is finished, and all that are not when the
/// whole is dropped. Without futures it is ready at once, with no outputs.
///
/// # Panics
///
/// The result does if it is polled after it was ready, or if one of the
/// futures panics.
///
/// # Examples
///
/// ```
/// use ch07_coroutines::{Later, join_all, spin_on};
///
/// let all = join_all([Later::new('a', 5), Later::new('b', 2)]);
/// assert_eq!(spin_on(all), ['a', 'b']);
/// ```
pub fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> JoinAll<F> {
    let futures: Vec<_> = futures.into_iter().map(Some).collect();
    let outputs = futures.iter().map(|_| None).collect();
    let done = false;
    JoinAll {
        futures,
        outputs,
        done,
    }
}

// ANCHOR: poll
impl<F: Future> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(&mut self) -> PollState<Self::Output> {
        assert!(!self.done, "{FINISHED}");
        let mut all = true;
        for (slot, output) in self.futures.iter_mut().zip(&mut self.outputs) {
            let Some(future) = slot else {
                continue; // finished before
            };
            match future.poll() {
                PollState::NotReady => all = false,
                PollState::Ready(value) => {
                    *output = Some(value);
                    *slot = None; // what it holds is not needed any more
                }
            }
        }
        if !all {
            return PollState::NotReady;
        }
        self.done = true;
        let outputs = mem::take(&mut self.outputs);
        PollState::Ready(outputs.into_iter().flatten().collect())
    }
}
// ANCHOR_END: poll

impl<F: Future> fmt::Debug for JoinAll<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.futures.iter().flatten().count();
        f.debug_struct("JoinAll")
            .field("running", &running)
            .field("finished", &(self.futures.len() - running))
            .finish()
    }
}

// ANCHOR: at_once
/// Asks for all paths at the same time, and waits for all of the replies.
#[corofy::coroutine]
pub fn at_once(http: Http, paths: Vec<String>) -> io::Result<Vec<String>> {
    let gets = paths.iter().map(|path| http.get(path));
    let replies = join_all(gets).wait;
    replies.into_iter().collect()
}
// ANCHOR_END: at_once
