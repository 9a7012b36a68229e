//! What a thread knows of the runtime that it works for: the implicit context.
//!
//! A future is not given its runtime, so `spawn`, timers and sockets look here.

use crate::budget::FULL;
use crate::dump;
use crate::handle::{Handle, Shared};
use crate::runtime::Home;
use crate::threads::is_worker;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::Arc;

pub use crate::task::TaskId;

// ANCHOR: context
/// Nothing here has a destructor, so a thread that ends can still be asked.
struct Context {
    /// The runtime, kept by whoever has [entered](enter) it.
    shared: Cell<*const Shared>,
    /// That runtime's home, if this is the thread of its `block_on`.
    home: Cell<*const Home>,
    /// The task that is polled right now.
    task: Cell<Option<TaskId>>,
    /// How many times leaf futures may still be ready within this poll.
    budget: Cell<u8>,
}

thread_local! {
    static CONTEXT: Context = const {
        Context {
            shared: Cell::new(ptr::null()),
            home: Cell::new(ptr::null()),
            task: Cell::new(None),
            budget: Cell::new(FULL),
        }
    };
}
// ANCHOR_END: context

/// There is no runtime on this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoRuntime;

impl fmt::Display for NoRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "there is no runtime on this thread: call this inside of \
             `Runtime::block_on`, or of a task, or use a `Handle`",
        )
    }
}

impl std::error::Error for NoRuntime {}

/// Ends, when it is dropped, what [`enter`] has begun.
pub(crate) struct Entered<'a> {
    shared: *const Shared,
    home: *const Home,
    task: Option<TaskId>,
    runtime: PhantomData<(&'a Arc<Shared>, *const ())>,
}

/// From now on, this thread works for a runtime; for `home`, too, if that is
/// given.
pub(crate) fn enter<'a>(
    shared: &'a Arc<Shared>,
    home: Option<&'a Home>,
) -> Entered<'a> {
    let home = home.map_or(ptr::null(), ptr::from_ref);
    CONTEXT.with(|context| Entered {
        shared: context.shared.replace(Arc::as_ptr(shared)),
        home: context.home.replace(home),
        task: context.task.take(),
        runtime: PhantomData,
    })
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        CONTEXT.with(|context| {
            context.shared.set(self.shared);
            context.home.set(self.home);
            context.task.set(self.task);
        });
    }
}

/// Does something with the runtime of this thread.
///
/// # Errors
///
/// If there is none.
pub(crate) fn with<R>(
    use_it: impl FnOnce(&Arc<Shared>) -> R,
) -> Result<R, NoRuntime> {
    let shared = CONTEXT.with(|context| context.shared.get());
    if shared.is_null() {
        return Err(NoRuntime);
    }
    // SAFETY: `Entered` borrows the runtime from the one who keeps it, on this
    // thread, and takes the pointer back when that borrow ends. It came from an
    // `Arc`, and as this one is not dropped, the count stays what it is.
    let shared = ManuallyDrop::new(unsafe { Arc::from_raw(shared) });
    Ok(use_it(&shared))
}

/// The runtime of this thread.
///
/// # Errors
///
/// If there is none.
pub(crate) fn current() -> Result<Handle, NoRuntime> {
    with(|shared| Handle::new(Arc::clone(shared)))
}

/// Does something with the home of this runtime, if that is on this thread.
#[inline]
pub(crate) fn with_home<R>(
    shared: &Shared,
    use_it: impl FnOnce(&Home) -> R,
) -> Option<R> {
    let home = CONTEXT.with(|context| context.home.get());
    // SAFETY: as in `with`.
    let home = unsafe { home.as_ref() }?;
    home.belongs_to(shared).then(|| use_it(home))
}

/// Is this a thread that polls tasks, and so must not be blocked?
pub(crate) fn is_home() -> bool {
    CONTEXT.with(|context| !context.home.get().is_null()) || is_worker()
}

// ANCHOR: polling
/// Polls a task: what it does is done in its name, and within its budget.
#[inline]
pub(crate) fn polling<R>(task: TaskId, poll: impl FnOnce() -> R) -> R {
    CONTEXT.with(|context| {
        context.task.set(Some(task));
        context.budget.set(FULL);
    });
    poll()
}
// ANCHOR_END: polling

/// Does something with what is left of the budget of this poll.
#[inline]
pub(crate) fn with_budget<R>(use_it: impl FnOnce(&Cell<u8>) -> R) -> R {
    CONTEXT.with(|context| use_it(&context.budget))
}

/// The task that is polled on this thread, or was polled last. A leaf future
/// asks when it leaves its waker, that is, when its task begins to wait.
#[inline]
pub(crate) fn current_task() -> Option<TaskId> {
    let task = CONTEXT.with(|context| context.task.get());
    if dump::is_tracked() {
        // Without a runtime there is nothing to note.
        let _ = with(|shared| shared.notes().begins_to_wait(task));
    }
    task
}
