//! `crate::sync` under shuttle. Time is the model's: either it stands still,
//! or a time limit is reached as soon as the seed wills.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;
use std::time::Duration;

pub use shuttle::sync::{Condvar, Mutex};
pub use shuttle::thread;

/// What a time limit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// It is never reached.
    Stands,
    /// It is always reached, sooner or later.
    Runs,
}

thread_local! {
    /// shuttle runs all threads of a model on the thread of the test.
    static CLOCK: Cell<Clock> = const { Cell::new(Clock::Stands) };
}

/// From now on, for this model.
pub fn set_clock(clock: Clock) {
    CLOCK.set(clock);
}

/// shuttle's, which also knows of which mutex it is.
#[derive(Debug)]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    guard: shuttle::sync::MutexGuard<'a, T>,
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
    thread::yield_now();
    (lock(mutex), true)
}
