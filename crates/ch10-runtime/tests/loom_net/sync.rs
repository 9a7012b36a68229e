//! `crate::sync` under loom. One place in the source can be made a mutant:
//! something weaker is done there.

use loom::sync::atomic;
use std::cell::Cell;
use std::panic::Location;
use std::sync::PoisonError;

pub use loom::sync::{Condvar, Mutex, MutexGuard};
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
    /// A load that finds nothing.
    Blind,
    /// A store, whatever is there, where the source compares first.
    Store,
}

thread_local! {
    /// loom runs all threads of a model on the thread of the test.
    static MUTANT: Cell<Option<Mutant>> = const { Cell::new(None) };
    /// Was it there?
    static REACHED: Cell<bool> = const { Cell::new(false) };
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
    let mutant = MUTANT.try_with(Cell::get).ok()??;
    let here = place.file().ends_with(mutant.file);
    (here && place.line() == mutant.line).then(|| {
        REACHED.set(true);
        mutant.instead
    })
}

#[derive(Debug)]
pub struct AtomicUsize(atomic::AtomicUsize);

impl AtomicUsize {
    pub fn new(value: usize) -> Self {
        Self(atomic::AtomicUsize::new(value))
    }

    #[track_caller]
    pub fn load(&self, order: Ordering) -> usize {
        match instead(Location::caller()) {
            Some(Instead::Blind) => 0,
            Some(_) => self.0.load(Ordering::Relaxed),
            None => self.0.load(order),
        }
    }

    #[track_caller]
    pub fn compare_exchange(
        &self,
        from: usize,
        to: usize,
        done: Ordering,
        failed: Ordering,
    ) -> Result<usize, usize> {
        match instead(Location::caller()) {
            Some(Instead::Store) => Ok(self.0.swap(to, done)),
            Some(_) => {
                let relaxed = Ordering::Relaxed;
                self.0.compare_exchange(from, to, relaxed, relaxed)
            }
            None => self.0.compare_exchange(from, to, done, failed),
        }
    }
}

#[derive(Debug)]
pub struct AtomicBool(atomic::AtomicBool);

impl AtomicBool {
    pub fn new(value: bool) -> Self {
        Self(atomic::AtomicBool::new(value))
    }

    pub fn load(&self, order: Ordering) -> bool {
        self.0.load(order)
    }

    pub fn store(&self, value: bool, order: Ordering) {
        self.0.store(value, order);
    }
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
