//! What two threads of this crate share, they share through these names.
//!
//! Here they are the standard library's. The files that loom and shuttle try
//! say `crate::sync` and nothing else of the kind, so that a test can compile
//! them again with another `sync` at its root.

use std::sync::PoisonError;
use std::time::Duration;

pub(crate) use std::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

/// Waits for the lock. No code of this crate can panic while it holds one, so
/// a poisoned one says nothing.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets go of the lock, sleeps until `condvar` is notified (or for no reason),
/// and takes the lock again.
pub(crate) fn wait<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// The same for at most `limit`. Says whether the limit was reached.
pub(crate) fn wait_timeout<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    limit: Duration,
) -> (MutexGuard<'a, T>, bool) {
    let (guard, result) = condvar
        .wait_timeout(guard, limit)
        .unwrap_or_else(PoisonError::into_inner);
    (guard, result.timed_out())
}
