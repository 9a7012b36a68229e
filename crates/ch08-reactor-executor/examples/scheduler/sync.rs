//! The names of `src/sync.rs`, each of which is a step on the [stage](stage).
//!
//! Only one actor acts at a time, so what one does is seen by all: this is
//! about orders of steps, not about the memory of processors. The loom models
//! of the chapter have both.

use crate::stage::{Gate, step};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::atomic;
use std::sync::{self, Arc, PoisonError};

pub use std::sync::atomic::Ordering;

/// A flag; each use is a step.
pub struct AtomicBool(atomic::AtomicBool);

impl AtomicBool {
    pub fn new(value: bool) -> Self {
        Self(atomic::AtomicBool::new(value))
    }

    #[track_caller]
    pub fn load(&self, order: Ordering) -> bool {
        step(None, Location::caller(), "");
        self.0.load(order)
    }

    #[track_caller]
    pub fn store(&self, value: bool, order: Ordering) {
        step(None, Location::caller(), "");
        self.0.store(value, order);
    }

    #[track_caller]
    pub fn swap(&self, value: bool, order: Ordering) -> bool {
        step(None, Location::caller(), "");
        self.0.swap(value, order)
    }
}

impl fmt::Debug for AtomicBool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // For whoever looks at a state: no step.
        self.0.load(Ordering::SeqCst).fmt(f)
    }
}

/// A mutex; to take it is a step. To let go of it is not: what an actor does
/// while it holds one, no other can see in pieces.
pub struct Mutex<T> {
    data: sync::Mutex<T>,
    held: Arc<atomic::AtomicBool>,
}

impl<T> Mutex<T> {
    pub fn new(data: T) -> Self {
        let data = sync::Mutex::new(data);
        let held = Arc::default();
        Self { data, held }
    }
}

impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.data.try_lock() {
            Ok(data) => data.fmt(f),
            Err(_) => f.write_str("locked"),
        }
    }
}

/// A mutex that is held.
pub struct MutexGuard<'a, T> {
    data: sync::MutexGuard<'a, T>,
    held: &'a atomic::AtomicBool,
}

/// Takes the mutex, when it is not held.
#[track_caller]
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    let flag = Arc::clone(&mutex.held);
    let gate = Gate { flag, open: false };
    step(Some(gate), Location::caller(), "");
    let data = mutex.data.lock().unwrap_or_else(PoisonError::into_inner);
    mutex.held.store(true, Ordering::SeqCst);
    let held = &mutex.held;
    MutexGuard { data, held }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.held.store(false, Ordering::SeqCst);
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.data
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.data
    }
}

/// What one actor waits for and another gives: an event, or a wake-up. Like a
/// parker's token it is there or not, however often it was given.
#[derive(Clone, Debug)]
pub struct Signal {
    name: &'static str,
    given: Arc<atomic::AtomicBool>,
}

impl Signal {
    /// One that is not there. The name is for whoever looks at a state.
    pub fn new(name: &'static str) -> Self {
        let given = Arc::default();
        Self { name, given }
    }

    /// Gives it.
    #[track_caller]
    pub fn set(&self) {
        step(None, Location::caller(), self.name);
        self.given.store(true, Ordering::SeqCst);
    }

    /// Waits until it is there, and takes it.
    #[track_caller]
    pub fn wait(&self) {
        let flag = Arc::clone(&self.given);
        let gate = Gate { flag, open: true };
        step(Some(gate), Location::caller(), self.name);
        self.given.store(false, Ordering::SeqCst);
    }

    /// Is it there? A look, no step.
    pub fn is_set(&self) -> bool {
        self.given.load(Ordering::SeqCst)
    }
}
