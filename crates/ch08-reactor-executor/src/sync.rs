//! What two threads of chapter 8 share, they share through these names.
//!
//! Here they are the standard library's. The files `slot.rs`, `scheduled.rs`,
//! `run_queue.rs`, `parker.rs` and `broken.rs` say `crate::sync` and nothing
//! else of the kind, so that a test can compile the same files with another
//! `sync` at its root: loom's in `tests/loom`, shuttle's in `tests/shuttle`.
//! Whatever one thread does for another to see is a call of something here.

use std::sync::PoisonError;

pub use std::sync::atomic::{AtomicBool, Ordering};
pub use std::sync::{Condvar, Mutex, MutexGuard};

/// Waits for the lock. No code of this crate can panic while it holds one, so
/// a poisoned one says nothing.
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
