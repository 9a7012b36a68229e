//! Handles: how a fiber's creator gets at its result.

use crate::error::JoinError;
use crate::fiber::Fiber;
use crate::scheduler::{Owner, Scheduler};
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// A fiber, seen from outside.
///
/// Dropping it leaves the fiber alone: it runs on, and its result is dropped.
/// A handle that is kept keeps the fiber's stack, on which the result lies.
///
/// It stays on its thread, as its fiber does:
///
/// ```compile_fail,E0277
/// use ch05_fibers::{Runtime, spawn};
///
/// // SAFETY: this code and std break none of the five promises.
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
        unsafe { &*fiber.scheduler }.keep().into_raw();
        let raw = RawHandle(NonNull::from(fiber));
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
    #[inline(always)]
    pub fn join(self) -> Result<T, JoinError> {
        let fiber = self.raw.fiber();
        if !fiber.is_finished()
            && self.raw.scheduler().wait_for_end(fiber).is_err()
        {
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

/// A handle that does not know the type of the result. It is one of the
/// scheduler's owners, and finds it through the fiber.
struct RawHandle(NonNull<Fiber>);

impl RawHandle {
    #[inline]
    fn fiber(&self) -> &Fiber {
        // SAFETY: the slot is this fiber's as long as it is attended, which
        // ends when the handle does; its scheduler keeps the memory, and we
        // keep the scheduler.
        unsafe { self.0.as_ref() }
    }

    #[inline]
    fn scheduler(&self) -> &Scheduler {
        // SAFETY: we are one of its owners.
        unsafe { &*self.fiber().scheduler }
    }

    /// Ends the handle: the owner that it was, and the fiber.
    ///
    /// # Safety
    ///
    /// Nothing may use the handle after this.
    #[inline]
    unsafe fn end<'f>(&mut self) -> (Owner, &'f Fiber) {
        // SAFETY: as in `fiber`; the slot stays while the owner does.
        let fiber = unsafe { self.0.as_ref() };
        // SAFETY: undoes what `JoinHandle::new` has done, and as the handle is
        // not used again, once.
        (unsafe { Owner::from_raw(fiber.scheduler) }, fiber)
    }

    /// # Safety
    ///
    /// The fiber must be finished and return a `T`.
    #[inline(always)]
    unsafe fn take<T>(self) -> Result<T, JoinError> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: it is not even dropped.
        let (owner, fiber) = unsafe { this.end() };
        if fiber.is_on_heap() || owner.is_last() {
            // SAFETY: as for this function.
            return unsafe { take_and_free(owner, fiber) };
        }
        // SAFETY: finished, its outcome is being taken, and no handle is left.
        unsafe { owner.release_taken(fiber) };
        drop(owner);
        // SAFETY: finished and of this type, which our caller promises; and not
        // taken yet, as the one handle is taken apart here. The slot, though in
        // the pool, is not used again before we return.
        unsafe { fiber.take_outcome() }
    }
}

/// The end of a fiber after which something has to be freed.
///
/// # Safety
///
/// The fiber must be finished, return a `T`, and have no handle.
#[cold]
#[inline(never)]
unsafe fn take_and_free<T>(
    owner: Owner,
    fiber: &Fiber,
) -> Result<T, JoinError> {
    // SAFETY: finished, of this type, and taken once, since the handle is gone.
    let outcome = unsafe { fiber.take_outcome() };
    // SAFETY: its outcome is taken, and no handle is left.
    unsafe { owner.release_taken(fiber) };
    outcome
}

impl Drop for RawHandle {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this is the end of it.
        let (owner, fiber) = unsafe { self.end() };
        if fiber.is_finished() {
            // SAFETY: finished, its outcome is there, and no handle is left.
            unsafe { owner.release(fiber) };
        } else {
            fiber.detach();
        }
    }
}
