//! Handles: what is left of a fiber for who has made it.

use crate::fiber::{Fiber, State};
use crate::runtime::Inner;
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::panic;
use std::rc::Rc;

/// Why there is no result.
pub enum JoinError {
    /// The fiber has panicked: with this payload, as from
    /// [`catch_unwind`](std::panic::catch_unwind).
    Panicked(Box<dyn Any + Send>),
    /// The fiber was ended early, because its runtime was dropped or because
    /// all fibers waited for each other. Its locals have been dropped.
    Cancelled,
    /// The fiber has not ended, and cannot be waited for here: outside of
    /// [`Runtime::run`](crate::Runtime::run), in a fiber of another runtime,
    /// or in a destructor while a panic unwinds. The fiber goes on by itself.
    CannotWait,
}

impl JoinError {
    /// Panics as the fiber did, to pass it on.
    ///
    /// # Panics
    ///
    /// Always. If the fiber has not panicked, with a message.
    pub fn resume(self) -> ! {
        match self {
            Self::Panicked(payload) => panic::resume_unwind(payload),
            Self::Cancelled | Self::CannotWait => panic!("{self}"),
        }
    }

    /// The text of the panic, if it is one.
    pub fn message(&self) -> Option<&str> {
        let Self::Panicked(payload) = self else {
            return None;
        };
        let text = payload.downcast_ref::<&'static str>().copied();
        text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(_) => match self.message() {
                Some(text) => out.debug_tuple("Panicked").field(&text).finish(),
                None => out.write_str("Panicked(..)"),
            },
            Self::Cancelled => out.write_str("Cancelled"),
            Self::CannotWait => out.write_str("CannotWait"),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.message()) {
            (Self::Cancelled, _) => out.write_str("the fiber was cancelled"),
            (Self::CannotWait, _) => {
                out.write_str("the fiber cannot be waited for here")
            }
            (_, None) => out.write_str("the fiber has panicked"),
            (_, Some(text)) => write!(out, "the fiber has panicked: {text}"),
        }
    }
}

impl Error for JoinError {}

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
    pub(crate) unsafe fn new(fiber: *const Fiber, runtime: Rc<Inner>) -> Self {
        let raw = RawHandle { fiber, runtime };
        let result = PhantomData;
        Self { raw, result }
    }

    pub(crate) fn fiber(&self) -> *const Fiber {
        self.raw.fiber
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
        let RawHandle { runtime, .. } = &self.raw;
        if runtime.wait_for_end(self.raw.fiber()).is_err() {
            return Err(JoinError::CannotWait);
        }
        // SAFETY: finished, of this type, and `self` is the only handle.
        unsafe { self.raw.take() }
    }
    // ANCHOR_END: join

    /// Has it ended? Then [`join`](Self::join) does not wait.
    pub fn is_finished(&self) -> bool {
        self.raw.fiber().state.get() == State::Finished
    }

    /// The fiber's number: counted from 1, in each runtime.
    pub fn id(&self) -> u64 {
        self.raw.fiber().id.get()
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
    runtime: Rc<Inner>,
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
        // SAFETY: our caller's promise; `self` is not used again.
        let outcome = unsafe { self.fiber().take_outcome() };
        let fiber = self.fiber;
        // SAFETY: `self` is forgotten, so the reference count moves here.
        let runtime = unsafe { std::ptr::read(&self.runtime) };
        std::mem::forget(self);
        // SAFETY: finished, and no handle is left.
        unsafe { runtime.release(fiber, true) };
        outcome
    }
}

impl Drop for RawHandle {
    #[inline]
    fn drop(&mut self) {
        let fiber = self.fiber();
        if fiber.state.get() == State::Finished {
            // SAFETY: finished, and this was the only handle.
            unsafe { self.runtime.release(self.fiber, false) };
        } else {
            fiber.attended.set(false);
        }
    }
}
