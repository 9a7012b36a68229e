//! What the parts of a runtime share, and the handle by which others reach it.

use crate::context::{self, NoRuntime};
use crate::driver::Driver;
use crate::inbox::Inbox;
use crate::sync::{AtomicBool, Ordering};
use crate::task::state;
use crate::task::{JoinError, JoinHandle, Task, TaskId, Tasks};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::task::Wake;

// ANCHOR: shared
/// One for each runtime. Its tasks, wakers and handles keep it, so whatever
/// outlives the runtime finds it.
pub(crate) struct Shared {
    pub(crate) driver: Driver,
    /// All tasks that are not complete.
    tasks: Tasks,
    /// Tasks that other threads have found to be ready.
    inbox: Inbox,
    /// Is the root future to be polled?
    root: AtomicBool,
    /// How many tasks there were.
    spawned: AtomicU32,
}
// ANCHOR_END: shared

impl Shared {
    pub(crate) fn new(driver: Driver) -> Self {
        Self {
            driver,
            tasks: Tasks::new(),
            inbox: Inbox::new(),
            root: AtomicBool::new(false),
            spawned: AtomicU32::new(0),
        }
    }

    pub(crate) fn driver(&self) -> &Driver {
        &self.driver
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    pub(crate) fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    pub(crate) fn next_id(&self) -> TaskId {
        // Relaxed: numbers, no more.
        TaskId::new(self.spawned.fetch_add(1, Ordering::Relaxed))
    }

    // ANCHOR: schedule
    /// A task is ready: to its queue with it.
    #[inline]
    pub(crate) fn schedule(&self, task: Task) {
        let mut task = Some(task);
        context::with_home(self, |home| home.push(task.take()));
        if let Some(task) = task {
            self.inbox.push(task);
            // After the push: whoever sleeps now looks into the inbox first.
            self.driver.unpark();
        }
    }
    // ANCHOR_END: schedule

    /// Should the root future be polled? Asking takes the answer away.
    pub(crate) fn take_root(&self) -> bool {
        // Acquire, with the Release of `wake_root`: what the future waited for
        // is seen. The load spares the exchange where nothing was said.
        self.root.load(Ordering::Relaxed)
            && self.root.swap(false, Ordering::Acquire)
    }

    pub(crate) fn root_is_woken(&self) -> bool {
        // Relaxed: a hint; a wake from another thread unparks, too.
        self.root.load(Ordering::Relaxed)
    }

    pub(crate) fn wake_root(&self) {
        self.root.store(true, Ordering::Release);
        if context::with_home(self, |_| ()).is_none() {
            self.driver.unpark();
        }
    }
}

/// The waker of the root future.
impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_root();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_root();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("tasks", &self.tasks.len())
            .finish_non_exhaustive()
    }
}

/// The way to a runtime from anywhere: from a task, from another thread, from a
/// thread that knows nothing of it. Clones are the same runtime.
///
/// A handle doesn't keep the runtime going. What is spawned after its end is
/// cancelled at once.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Shared>);

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }

    /// The runtime that this thread works for.
    ///
    /// # Panics
    ///
    /// If it works for none: outside of [`block_on`](crate::Runtime::block_on),
    /// tasks and jobs of the pool.
    #[track_caller]
    pub fn current() -> Self {
        Self::try_current().unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`current`](Self::current).
    ///
    /// # Errors
    ///
    /// Where that would panic.
    pub fn try_current() -> Result<Self, NoRuntime> {
        context::current()
    }

    /// Begins a task on this runtime. It runs whether or not the handle that is
    /// returned is awaited, and until the runtime ends.
    ///
    /// If the runtime has ended, the future is dropped, and the handle says
    /// that the task was cancelled.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        start(&self.0, future, 0, Location::caller())
    }
}

/// `kind` is [`state::LOCAL`] for a future that must stay on the home thread,
/// which then is the caller's.
pub(crate) fn start<F: Future + 'static>(
    shared: &Arc<Shared>,
    future: F,
    kind: usize,
    at: &'static Location<'static>,
) -> JoinHandle<F::Output> {
    debug_assert_eq!(kind & state::BLOCKING, 0, "those are the pool's");
    let (task, handle) = Task::new(future, kind, Arc::clone(shared), at);
    match shared.tasks().insert(&task) {
        true => shared.schedule(task),
        false => task.end(JoinError::cancelled()),
    }
    handle
}

/// Begins a task on the runtime of this thread: see [`Handle::spawn`].
///
/// # Panics
///
/// Outside of a runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Handle::current().spawn(future)
}
