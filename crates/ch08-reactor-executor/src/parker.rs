//! Where an executor sleeps that has no event queue of its own.

use crate::run_queue::Unpark;
use crate::sync::{Condvar, Mutex, lock, wait};
use std::mem;

// ANCHOR: parker
/// Sleeps until there is a token. One token, however often it is left.
#[derive(Debug)]
pub struct Parker {
    token: Mutex<bool>,
    left: Condvar,
}

impl Parker {
    /// Sleeps until there is a token, and takes it.
    pub fn park(&self) {
        let mut token = lock(&self.token);
        while !mem::take(&mut *token) {
            token = wait(&self.left, token);
        }
    }
}

impl Unpark for Parker {
    fn unpark(&self) {
        *lock(&self.token) = true;
        self.left.notify_one();
    }
}
// ANCHOR_END: parker

impl Parker {
    /// One without a token.
    #[must_use]
    #[allow(
        clippy::new_without_default,
        reason = "under loom there is no default"
    )]
    pub fn new() -> Self {
        let (token, left) = (Mutex::new(false), Condvar::new());
        Self { token, left }
    }
}
