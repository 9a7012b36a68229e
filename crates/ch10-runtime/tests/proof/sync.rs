//! `crate::sync` under loom: the operations of the library's own, each of
//! which can be made weaker by a mutant.

use super::ordering;
use loom::sync::atomic;
use std::panic::Location;
use std::sync::PoisonError;

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
        swap(value: usize) -> usize;
        fetch_add(value: usize) -> usize;
        fetch_sub(value: usize) -> usize;
        fetch_or(value: usize) -> usize;
        fetch_and(value: usize) -> usize;
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
