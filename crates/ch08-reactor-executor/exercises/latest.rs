//! Exercise `latest`: the latest waker counts.
//!
//! 10 minutes.
//!
//! [`Place::leave`] keeps the first waker that it gets, and so it wakes a task
//! that has handed its future on to another one. Keep the latest. Don't clone
//! a waker that would wake the same task as the one that is there, and don't
//! drop the old one while something is locked: its `drop` may call you back.
//!
//! Run: `cargo test --test latest`
//!
//! Fails until solved: `exercise latest:`

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// Where one task leaves its waker.
#[derive(Debug, Default)]
pub struct Place(Mutex<Option<Waker>>);

impl Place {
    /// Leaves `waker`, instead of what was there.
    pub fn leave(&self, waker: &Waker) {
        let mut place = self.lock();
        if place.is_none() {
            *place = Some(waker.clone());
        }
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
