//! `crate::sync` under shuttle, which takes every ordering for the strongest.

use std::sync::PoisonError;

pub use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
pub use shuttle::sync::{Condvar, Mutex, MutexGuard};
pub use shuttle::thread;

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn wait<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}
