//! The tasks that are to be polled, in the order in which they were woken.
//!
//! It leaves out how the executor sleeps: on a condition variable, or in an
//! event queue. It only knows whom to rouse.

use crate::sync::{Mutex, MutexGuard, lock};
use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::sync::Arc;

// ANCHOR: run_queue
/// First in, first out. Any thread pushes; the executor takes.
pub struct RunQueue<T> {
    state: Mutex<State<T>>,
    /// How the executor is roused.
    unpark: Arc<dyn Unpark>,
}

pub(crate) struct State<T> {
    pub(crate) jobs: VecDeque<T>,
    /// The executor has found it empty, and sleeps or is about to.
    pub(crate) parked: bool,
    /// The executor is gone.
    closed: bool,
}

/// Ends the sleep of a thread, or the next one if it does not sleep yet.
pub trait Unpark: Send + Sync {
    /// Does it. It never waits for that thread.
    fn unpark(&self);
}
// ANCHOR_END: run_queue

impl<T> RunQueue<T> {
    /// An empty one. `unpark` rouses the executor that takes from it.
    pub fn new(unpark: Arc<dyn Unpark>) -> Self {
        let state = Mutex::new(State {
            jobs: VecDeque::new(),
            parked: false,
            closed: false,
        });
        Self { state, unpark }
    }

    /// Appends it, and rouses the executor if that has gone to sleep.
    ///
    /// # Errors
    ///
    /// Gives it back if the executor is gone.
    // ANCHOR: push
    pub fn push(&self, job: T) -> Result<(), T> {
        let mut state = self.state();
        if state.closed {
            return Err(job);
        }
        state.jobs.push_back(job);
        let parked = mem::take(&mut state.parked); // one unpark is enough
        drop(state);
        if parked {
            self.unpark.unpark();
        }
        Ok(())
    }
    // ANCHOR_END: push

    // ANCHOR: next
    /// The next one. `None` obliges the executor to park: from now on, the
    /// next push unparks it.
    pub fn next(&self) -> Option<T> {
        let mut state = self.state();
        let next = state.jobs.pop_front();
        state.parked = next.is_none(); // under the same lock as the look
        next
    }
    // ANCHOR_END: next

    // ANCHOR: unparked
    /// The executor is awake again, for another reason than a push: what is
    /// pushed now needs no unpark.
    pub fn unparked(&self) {
        self.state().parked = false;
    }
    // ANCHOR_END: unparked

    // ANCHOR: close
    /// Refuses whatever comes from now on, and gives what is there.
    pub fn close(&self) -> VecDeque<T> {
        let mut state = self.state();
        state.closed = true;
        mem::take(&mut state.jobs)
    }
    // ANCHOR_END: close

    /// How many are waiting for their turn.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().jobs.len()
    }

    /// Is there nothing to do?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State<T>> {
        lock(&self.state)
    }
}

impl<T> fmt::Debug for RunQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunQueue").finish_non_exhaustive()
    }
}
