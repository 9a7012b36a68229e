//! Handles: what is left of a fiber for whoever has made it.

use crate::error::JoinError;
use crate::fiber::Fiber;
use crate::scheduler::Scheduler;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

/// A fiber, seen from outside.
///
/// Dropping it leaves the fiber alone: it goes on, and its result is dropped.
/// A handle that is kept keeps the fiber's stack, on which the result lies.
///
/// It stays on its thread, as its fiber does:
///
/// ```compile_fail,E0277
/// use ch05_fibers::{Runtime, spawn};
///
/// // SAFETY: nothing counts on the order in which their calls end.
/// let handle = unsafe { Runtime::new() }.run(|| spawn(|| 1));
/// std::thread::spawn(move || handle.is_finished());
/// ```
pub struct JoinHandle<T> {
    raw: RawHandle,
    result: PhantomData<T>,
}

impl<T> JoinHandle<T> {
    /// # Safety
    ///
    /// The fiber must be attended, without another handle, and return a `T`.
    #[inline(always)]
    pub(crate) unsafe fn new(fiber: &Fiber) -> Self {
        // SAFETY: a scheduler is there as long as an attended fiber is.
        let scheduler = unsafe { &*fiber.scheduler }.keep();
        let raw = RawHandle { fiber, scheduler };
        let result = PhantomData;
        Self { raw, result }
    }

    // ANCHOR: join
    /// Waits for the fiber to end, and returns what its closure has.
    ///
    /// # Errors
    ///
    /// Why there is no result: the fiber has panicked, or was cancelled, or
    /// cannot be waited for here.
    #[inline]
    pub fn join(self) -> Result<T, JoinError> {
        let RawHandle { scheduler, .. } = &self.raw;
        if scheduler.wait_for_end(self.raw.fiber()).is_err() {
            return Err(JoinError::CannotWait);
        }
        // SAFETY: finished, of this type, and `self` is the only handle.
        unsafe { self.raw.take() }
    }
    // ANCHOR_END: join

    /// Has it ended? Then [`join`](Self::join) does not wait.
    pub fn is_finished(&self) -> bool {
        self.raw.fiber().is_finished()
    }

    /// The fiber's number: counted from 1, in each runtime.
    pub fn id(&self) -> u64 {
        self.raw.fiber().id()
    }

    /// The name that its builder has given it.
    pub fn name(&self) -> Option<&str> {
        self.raw.fiber().name()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("JoinHandle")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("finished", &self.is_finished())
            .finish()
    }
}

/// A handle that does not know the type of the result.
struct RawHandle {
    fiber: *const Fiber,
    /// Keeps the stacks alive.
    scheduler: Rc<Scheduler>,
}

impl RawHandle {
    fn fiber(&self) -> &Fiber {
        // SAFETY: the slot is this fiber's as long as it is attended, which
        // ends when the handle does; the runtime keeps the memory.
        unsafe { &*self.fiber }
    }

    /// # Safety
    ///
    /// The fiber must be finished and return a `T`.
    unsafe fn take<T>(self) -> Result<T, JoinError> {
        // SAFETY: finished and of this type, which our caller promises; and not
        // taken yet, as the one handle is taken apart here.
        let outcome = unsafe { self.fiber().take_outcome() };
        let fiber = self.fiber;
        // SAFETY: `self` is forgotten, so the reference count moves here.
        let scheduler = unsafe { std::ptr::read(&self.scheduler) };
        std::mem::forget(self);
        // SAFETY: finished, and no handle is left.
        unsafe { scheduler.release(fiber, true) };
        outcome
    }
}

impl Drop for RawHandle {
    #[inline]
    fn drop(&mut self) {
        let fiber = self.fiber();
        if fiber.is_finished() {
            // SAFETY: finished, and this was the only handle.
            unsafe { self.scheduler.release(self.fiber, false) };
        } else {
            fiber.detach();
        }
    }
}
