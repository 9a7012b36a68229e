//! `crate::sync` under loom. One fence in the source can be made a mutant: one
//! step weaker, or none at all.

use loom::sync::atomic;
use std::cell::Cell;
use std::panic::Location;
use std::sync::PoisonError;

pub use loom::sync::atomic::{AtomicBool, AtomicUsize};
pub use loom::sync::{Condvar, Mutex, MutexGuard};
pub use loom::thread;
pub use std::sync::atomic::Ordering;

/// A fence, by its line in `idle.rs`, and what is there instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutant {
    pub line: u32,
    pub instead: Instead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// A fence that is not part of the one order of all `SeqCst` fences.
    AcqRel,
    Nothing,
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

#[track_caller]
pub fn fence(order: Ordering) {
    let place = Location::caller();
    let here = |mutant: &Mutant| {
        place.file().ends_with("idle.rs") && place.line() == mutant.line
    };
    let mutant = MUTANT.try_with(Cell::get).ok().flatten().filter(here);
    let Some(mutant) = mutant else {
        return atomic::fence(order);
    };
    REACHED.set(true);
    match mutant.instead {
        Instead::AcqRel => atomic::fence(Ordering::AcqRel),
        Instead::Nothing => {}
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
