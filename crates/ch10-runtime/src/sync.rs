//! What two threads of the runtime share, they share through these names.
//!
//! Here they are the standard library's. A test can compile the same files with
//! another `sync` at its root: loom's, shuttle's, or one that is weaker by one
//! ordering. Whatever one thread does for another to see is a call of something
//! here.

use std::sync::PoisonError;
use std::time::Duration;

pub use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};
pub use std::sync::atomic::{Ordering, fence};
pub use std::sync::{Condvar, Mutex, MutexGuard};

/// Waits for the lock. A poisoned one says nothing: where another's code is
/// called, no lock is held.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets go of the lock, sleeps until `condvar` is notified (or for no reason),
/// and takes the lock again.
pub fn wait<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// As [`wait`], but for `time` at most. Says whether that is over.
pub fn wait_timeout<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    time: Duration,
) -> (MutexGuard<'a, T>, bool) {
    let (guard, result) = condvar
        .wait_timeout(guard, time)
        .unwrap_or_else(PoisonError::into_inner);
    (guard, result.timed_out())
}
