//! The solution of exercise `latest`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// Where one task leaves its waker.
#[derive(Debug, Default)]
pub struct Place(Mutex<Option<Waker>>);

impl Place {
    /// Leaves `waker`, instead of what was there.
    pub fn leave(&self, waker: &Waker) {
        let same = |stored: &Waker| stored.will_wake(waker);
        if self.lock().as_ref().is_some_and(same) {
            return;
        }
        let waker = waker.clone(); // with nothing locked,
        let old = self.lock().replace(waker);
        drop(old); // and so is this
    }

    /// Wakes what is there, once.
    pub fn wake(&self) {
        let waker = self.lock().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Is something there?
    pub fn is_taken(&self) -> bool {
        self.lock().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "../exercises/tests/latest.rs"]
mod tests;
