//! Fibers that borrow from their creator.
//!
//! As with [`std::thread::scope`]: the scope does not end before they do, not
//! even by a panic, and not even if its own fiber is cancelled.

use crate::error::JoinError;
use crate::fiber::{ScopeData, is_unwinding};
use crate::join::JoinHandle;
use crate::scheduler::Scheduler;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};

/// Where fibers can be made that borrow what lives for `'env`. See [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    data: ScopeData,
    scheduler: *const Scheduler,
    // Invariant in both, as the scope of the standard library is.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Scope")
            .field("running", &self.data.running.get())
            .finish_non_exhaustive()
    }
}

/// A fiber of a scope, seen from outside. See [`JoinHandle`].
pub struct ScopedJoinHandle<'scope, T> {
    handle: JoinHandle<T>,
    scope: PhantomData<&'scope ()>,
}

/// Calls `body` with a scope, and comes back when all fibers that were made in
/// it have ended.
///
/// ```
/// use ch05_fibers::{Runtime, scope, yield_now};
/// use std::cell::Cell;
///
/// let total = Cell::new(0);
/// // SAFETY: this code and std break none of the five promises.
/// let mut runtime = unsafe { Runtime::new() };
/// runtime.run(|| {
///     scope(|scope| {
///         for number in 1..=3 {
///             let total = &total;
///             scope.spawn(move || {
///                 yield_now();
///                 total.set(total.get() + number);
///             });
///         }
///     });
///     assert_eq!(total.get(), 6);
/// });
/// ```
///
/// # Panics
///
/// - outside a fiber, or in a destructor while a panic unwinds;
/// - as `body` does;
/// - if one of the fibers has panicked and was not joined.
// ANCHOR: scope
#[track_caller]
pub fn scope<'env, F, T>(body: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let scheduler = Scheduler::current().filter(|it| it.can_wait());
    let scheduler = scheduler.expect("a scope needs a fiber that can wait");
    let scope = Scope::new(scheduler);
    let result = panic::catch_unwind(AssertUnwindSafe(|| body(&scope)));
    // A panic is caught by now: nothing unwinds while this waits.
    if let Err(payload) = &result
        && is_unwinding(&**payload)
    {
        scheduler.cancel_scope(&scope.data);
    }
    while scope.data.running.get() > 0 {
        scheduler.wait_for_scope(&scope.data);
    }
    match result {
        Err(payload) => {
            scheduler.raise_if_cancelled();
            panic::resume_unwind(payload)
        }
        Ok(value) => {
            scheduler.unwind_if_cancelled();
            if scope.data.panicked.get() {
                panic!("a fiber of the scope has panicked");
            }
            value
        }
    }
}
// ANCHOR_END: scope

impl<'scope> Scope<'scope, '_> {
    /// Makes a scope without fibers, owned by the running fiber.
    fn new(scheduler: &Scheduler) -> Self {
        Self {
            data: ScopeData {
                running: Cell::new(0),
                panicked: Cell::new(false),
                owner: scheduler.running(),
            },
            scheduler,
            scope: PhantomData,
            env: PhantomData,
        }
    }

    /// Makes a fiber that may borrow what outlives the scope.
    ///
    /// # Panics
    ///
    /// If there is no memory for a stack.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, closure: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + 'scope,
        T: 'scope,
    {
        // SAFETY: the runtime lives as long as the fiber in which the scope
        // is, and so longer than `self`.
        let scheduler = unsafe { &*self.scheduler };
        // SAFETY: `scope` does not return before the fiber has finished, and
        // what it borrows outlives `'scope`.
        let fiber =
            unsafe { scheduler.spawn(None, &raw const self.data, closure) };
        let fiber = fiber.unwrap_or_else(|error| {
            panic!("no stack for a fiber: {error}");
        });
        // SAFETY: just spawned, with a closure that returns a `T`.
        let handle = unsafe { JoinHandle::new(fiber) };
        // It cannot have run yet. One that was not made is not waited for, not
        // even if the closure has panicked when it was dropped.
        self.data.running.set(self.data.running.get() + 1);
        let scope = PhantomData;
        ScopedJoinHandle { handle, scope }
    }
}

impl<T> ScopedJoinHandle<'_, T> {
    /// As [`JoinHandle::join`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Panics
    ///
    /// As there.
    pub fn join(self) -> Result<T, JoinError> {
        self.handle.join()
    }

    /// As [`JoinHandle::is_finished`].
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(out)
    }
}
