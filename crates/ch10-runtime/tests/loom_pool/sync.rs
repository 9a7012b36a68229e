//! `crate::sync` under loom. Time is the model's: either it stands still, or
//! a time limit is reached as soon as the lock is let go of.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;
use std::time::Duration;

pub use loom::sync::{Condvar, Mutex};
pub use loom::thread;

/// What a time limit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// It is never reached.
    Stands,
    /// It is always reached. Before the sleeper has the lock again, the other
    /// threads may have had it.
    Runs,
}

thread_local! {
    /// loom runs all threads of a model on the thread of the test.
    static CLOCK: Cell<Clock> = const { Cell::new(Clock::Stands) };
}

/// From now on, for this model.
pub fn set_clock(clock: Clock) {
    CLOCK.set(clock);
}

/// loom's, which also knows of which mutex it is.
#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    guard: loom::sync::MutexGuard<'a, T>,
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    let guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
    MutexGuard { mutex, guard }
}

pub fn wait<'a, T>(
    condvar: &Condvar,
    MutexGuard { mutex, guard }: MutexGuard<'a, T>,
) -> MutexGuard<'a, T> {
    let guard = condvar.wait(guard).unwrap_or_else(PoisonError::into_inner);
    MutexGuard { mutex, guard }
}

pub fn wait_timeout<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    _limit: Duration,
) -> (MutexGuard<'a, T>, bool) {
    if CLOCK.get() == Clock::Stands {
        return (wait(condvar, guard), false);
    }
    let mutex = guard.mutex;
    drop(guard);
    (lock(mutex), true)
}
