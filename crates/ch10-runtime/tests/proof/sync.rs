//! `crate::sync` under loom: the operations of the library's own, each of
//! which can be made weaker by a mutant.

use super::ordering;
use loom::sync::atomic;
use std::panic::Location;
use std::sync::PoisonError;
use std::time::Duration;

pub use loom::cell::UnsafeCell;
pub use loom::sync::{Condvar, Mutex, MutexGuard};
pub use loom::thread;
// Not loom's: dropping that one after a deadlock was found is a second panic.
pub use std::sync::Arc;
pub use std::sync::atomic::Ordering;

macro_rules! operations {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
        #[track_caller]
        pub fn $name(&self, $($argument: $kind,)* order: Ordering) -> $result {
            self.0.$name($($argument,)* ordering(Location::caller(), order))
        }
    )*};
}

#[derive(Debug)]
pub struct AtomicUsize(atomic::AtomicUsize);

impl AtomicUsize {
    pub fn new(value: usize) -> Self {
        Self(atomic::AtomicUsize::new(value))
    }

    operations! {
        load() -> usize;
        store(value: usize) -> ();
        swap(value: usize) -> usize;
        fetch_add(value: usize) -> usize;
        fetch_sub(value: usize) -> usize;
        fetch_or(value: usize) -> usize;
        fetch_and(value: usize) -> usize;
        fetch_xor(value: usize) -> usize;
    }

    #[track_caller]
    pub fn compare_exchange(
        &self,
        from: usize,
        to: usize,
        done: Ordering,
        failed: Ordering,
    ) -> Result<usize, usize> {
        let done = ordering(Location::caller(), done);
        self.0.compare_exchange(from, to, done, failed)
    }
}

#[derive(Debug)]
pub struct AtomicBool(atomic::AtomicBool);

impl AtomicBool {
    pub fn new(value: bool) -> Self {
        Self(atomic::AtomicBool::new(value))
    }

    operations! {
        load() -> bool;
        store(value: bool) -> ();
        swap(value: bool) -> bool;
    }
}

#[derive(Debug)]
pub struct AtomicPtr<T>(atomic::AtomicPtr<T>);

impl<T> AtomicPtr<T> {
    pub fn new(value: *mut T) -> Self {
        Self(atomic::AtomicPtr::new(value))
    }

    operations! {
        load() -> *mut T;
        swap(value: *mut T) -> *mut T;
    }

    /// Never fails without a reason, as loom's is the strong one.
    #[track_caller]
    pub fn compare_exchange_weak(
        &self,
        from: *mut T,
        to: *mut T,
        done: Ordering,
        failed: Ordering,
    ) -> Result<*mut T, *mut T> {
        let done = ordering(Location::caller(), done);
        self.0.compare_exchange(from, to, done, failed)
    }
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn wait<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// Time passes at once or never: loom has no clock. It is tried as a sleep that
/// nothing ends early, so a model must not need the end of the time.
pub fn wait_timeout<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    _time: Duration,
) -> (MutexGuard<'a, T>, bool) {
    (wait(condvar, guard), false)
}
