//! Whether a task is in the run queue: many wakes are one turn.

use crate::sync::{AtomicBool, Ordering};

// ANCHOR: scheduled
/// Is the task in the run queue? Then a wake must not push it again.
#[derive(Debug)]
pub struct Scheduled(AtomicBool);

impl Scheduled {
    /// For a wake. True if it was not in the queue: then the caller pushes it.
    pub fn set(&self) -> bool {
        // Release: pairs with `clear`. A wake that pushes nothing has no other
        // way to let the task see what was done before it.
        !self.0.swap(true, Ordering::Release)
    }

    /// For the executor, before it polls: a wake from now on asks for one
    /// more turn.
    pub fn clear(&self) {
        // Acquire: pairs with `set`, also with one that pushed nothing. A
        // store would not do: it reads nothing, so it pairs with nothing.
        self.0.swap(false, Ordering::Acquire);
    }
}
// ANCHOR_END: scheduled

impl Scheduled {
    /// One whose task is in no queue, if `scheduled` is false.
    #[must_use]
    pub fn new(scheduled: bool) -> Self {
        Self(AtomicBool::new(scheduled))
    }
}
