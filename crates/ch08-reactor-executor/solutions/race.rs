//! The solution of exercise `race`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Waker;

/// Something that happens once.
#[derive(Debug, Default)]
pub struct Flag {
    happened: AtomicBool,
    waiting: Mutex<Option<Waker>>,
}

impl Flag {
    /// It has happened.
    pub fn set(&self) {
        self.happened.store(true, Ordering::Release); // pairs with `happened`
        let waiting = self
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    /// Has it happened? If not, `waker` is woken when it does.
    pub fn poll(&self, waker: &Waker) -> bool {
        if self.happened() {
            return true;
        }
        let waker = waker.clone();
        let mut waiting =
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let old = waiting.replace(waker);
        drop(waiting);
        drop(old); // other people's code, too
        self.happened() // it may have been set before the waker was there
    }

    fn happened(&self) -> bool {
        self.happened.load(Ordering::Acquire) // pairs with `set`
    }
}

#[cfg(test)]
#[path = "../exercises/tests/race.rs"]
mod tests;
