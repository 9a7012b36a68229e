//! `crate::sync` under loom. One place in the source can be made a mutant:
//! its atomic operation is done with a weaker ordering, or as a plain store.

use loom::sync::atomic;
use std::cell::RefCell;
use std::panic::Location;
use std::sync::PoisonError;

pub use loom::sync::{Condvar, Mutex, MutexGuard};
pub use loom::thread;
pub use std::sync::atomic::Ordering;

/// A place, and what is done there instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutant {
    pub file: &'static str,
    pub line: u32,
    pub instead: Instead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// The same with `Relaxed`.
    Relaxed,
    /// A store where the source has a swap.
    Store,
}

thread_local! {
    /// loom runs all threads of a model on the thread of the test.
    static MUTANT: RefCell<Option<Mutant>> = const { RefCell::new(None) };
    /// Was it there?
    static REACHED: RefCell<bool> = const { RefCell::new(false) };
}

/// Runs `work` with this mutant. Also says whether its place was reached.
pub fn with<T>(mutant: Mutant, work: impl FnOnce() -> T) -> (T, bool) {
    MUTANT.set(Some(mutant));
    REACHED.set(false);
    let result = work();
    MUTANT.set(None);
    (result, REACHED.take())
}

/// What is done at this place instead, if anything.
fn instead(place: &Location<'_>) -> Option<Instead> {
    let mutant = (*MUTANT.try_with(|m| *m.borrow()).as_ref().ok()?)?;
    let here = place.file().ends_with(mutant.file);
    (here && place.line() == mutant.line).then(|| {
        REACHED.set(true);
        mutant.instead
    })
}

#[derive(Debug)]
pub struct AtomicBool(atomic::AtomicBool);

impl AtomicBool {
    pub fn new(value: bool) -> Self {
        Self(atomic::AtomicBool::new(value))
    }

    #[track_caller]
    pub fn load(&self, order: Ordering) -> bool {
        match instead(Location::caller()) {
            Some(_) => self.0.load(Ordering::Relaxed),
            None => self.0.load(order),
        }
    }

    #[track_caller]
    pub fn store(&self, value: bool, order: Ordering) {
        match instead(Location::caller()) {
            Some(_) => self.0.store(value, Ordering::Relaxed),
            None => self.0.store(value, order),
        }
    }

    #[track_caller]
    pub fn swap(&self, value: bool, order: Ordering) -> bool {
        match instead(Location::caller()) {
            Some(Instead::Relaxed) => self.0.swap(value, Ordering::Relaxed),
            Some(Instead::Store) => {
                self.0.store(value, Ordering::Release);
                value // nothing was read
            }
            None => self.0.swap(value, order),
        }
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
