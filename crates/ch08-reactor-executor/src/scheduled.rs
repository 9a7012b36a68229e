//! Whether a task stands in the run queue: many wakes are one turn.

use crate::sync::{AtomicBool, Ordering};

// ANCHOR: scheduled
/// Does the task stand in the run queue? Then a wake must not push it again.
#[derive(Debug)]
pub struct Scheduled(AtomicBool);

impl Scheduled {
    /// For a wake. True if it did not stand there: then the caller pushes it.
    pub fn set(&self) -> bool {
        // Release: pairs with `clear`. Whoever is told "it stands there
        // already" has nothing else by which the task sees what it did before.
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
    /// One whose task stands in no queue, if `scheduled` is false.
    #[must_use]
    pub fn new(scheduled: bool) -> Self {
        Self(AtomicBool::new(scheduled))
    }

    /// Does it stand there? Only for looking: the answer may be old.
    #[must_use]
    pub fn is_set(&self) -> bool {
        // Relaxed: nothing is done that depends on what came before.
        self.0.load(Ordering::Relaxed)
    }
}
