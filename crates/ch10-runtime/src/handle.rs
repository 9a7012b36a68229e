//! What the parts of a runtime share, and the handle by which others reach it.

use crate::blocking::{Pool, Queued};
use crate::builder::Builder;
use crate::context::{self, NoRuntime};
use crate::driver::Driver;
use crate::dump::Notes;
use crate::inbox::Inbox;
use crate::root::Root;
use crate::task::state;
use crate::task::{Header, JoinError, JoinHandle, Task, TaskId, Tasks};
use crate::threads::Threads;
use std::fmt;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Wake;

// ANCHOR: shared
/// One for each runtime. Its tasks, wakers and handles keep it, so whatever
/// outlives the runtime finds it.
pub(crate) struct Shared {
    pub(crate) driver: Driver,
    /// More threads than the one of `block_on`.
    threads: Option<Threads>,
    /// All tasks that are not complete.
    tasks: Tasks,
    /// Jobs of the pool that are not complete. They have a list of their own,
    /// as the end of the runtime does not wait for those that run.
    jobs: Tasks,
    /// The threads that may block.
    pool: Pool<Queued>,
    /// What only a dump needs.
    notes: Notes,
    /// Tasks that other threads have found to be ready.
    inbox: Inbox,
    /// Is the root future to be polled?
    root: Root,
    /// How many tasks there were.
    spawned: AtomicU32,
}
// ANCHOR_END: shared

impl Shared {
    pub(crate) fn new(
        driver: Driver,
        threads: Option<Threads>,
        builder: &Builder,
    ) -> Self {
        Self {
            threads,
            driver,
            tasks: Tasks::new(),
            jobs: Tasks::new(),
            pool: Pool::new(
                builder.blocking_threads,
                builder.blocking_keep_alive,
                &builder.thread_name,
            ),
            notes: Notes::new(builder.track_waits),
            inbox: Inbox::new(),
            root: Root::new(),
            spawned: AtomicU32::new(0),
        }
    }

    pub(crate) fn driver(&self) -> &Driver {
        &self.driver
    }

    #[inline]
    pub(crate) fn threads(&self) -> Option<&Threads> {
        self.threads.as_ref()
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    pub(crate) fn jobs(&self) -> &Tasks {
        &self.jobs
    }

    pub(crate) fn pool(&self) -> &Pool<Queued> {
        &self.pool
    }

    pub(crate) fn notes(&self) -> &Notes {
        &self.notes
    }

    /// The list that a task is in.
    pub(crate) fn list_of(&self, task: &Header) -> &Tasks {
        match task.flags() & state::BLOCKING {
            0 => &self.tasks,
            _ => &self.jobs,
        }
    }

    /// A task is complete, or nearly. `header` is its own.
    pub(crate) fn forget(&self, task: NonNull<Header>, header: &Header) {
        self.list_of(header).remove(task);
        self.notes.forget(header);
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
        match &self.threads {
            Some(threads) if task.header().flags() & state::LOCAL == 0 => {
                threads.push(task, self);
            }
            _ => self.schedule_at_home(task),
        }
    }

    /// The thread of `block_on` runs it.
    #[inline]
    fn schedule_at_home(&self, task: Task) {
        let mut task = Some(task);
        context::with_home(self, |home| home.push(task.take()));
        if let Some(task) = task {
            self.inbox.push(task);
            // After the push: whoever sleeps now looks into the inbox first.
            self.unpark_home();
        }
    }
    // ANCHOR_END: schedule

    /// A task was woken while it ran, and is back from its poll.
    #[inline]
    pub(crate) fn schedule_again(&self, task: Task) {
        match &self.threads {
            Some(threads) if task.header().flags() & state::LOCAL == 0 => {
                threads.push_again(task, self);
            }
            _ => self.schedule_at_home(task),
        }
    }

    /// Ends the sleep of the thread of `block_on`, or its next one.
    fn unpark_home(&self) {
        match &self.threads {
            Some(threads) => threads.notify_home(self),
            None => self.driver.unpark(),
        }
    }

    /// Whether the root future is to be polled.
    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    pub(crate) fn wake_root(&self) {
        self.root.wake();
        if context::with_home(self, |_| ()).is_none() {
            self.unpark_home();
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
    /// If it works for none: outside [`block_on`](crate::Runtime::block_on),
    /// tasks and jobs of the pool.
    #[track_caller]
    pub fn current() -> Self {
        match Self::try_current() {
            Ok(handle) => handle,
            Err(error) => panic!("{error}"),
        }
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
        start(&self.0, future, 0, Location::caller(), None)
    }

    /// As [`spawn`](Self::spawn), with a name that a [`dump`](Self::dump)
    /// shows.
    #[track_caller]
    pub fn spawn_named<F>(
        &self,
        name: impl Into<String>,
        future: F,
    ) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let name = Some(name.into());
        start(&self.0, future, 0, Location::caller(), name)
    }
}

/// `kind` is [`state::LOCAL`] for a future that must stay on the home thread,
/// which then is the caller's.
pub(crate) fn start<F: Future + 'static>(
    shared: &Arc<Shared>,
    future: F,
    kind: usize,
    at: &'static Location<'static>,
    name: Option<String>,
) -> JoinHandle<F::Output> {
    debug_assert_eq!(kind & state::BLOCKING, 0, "those are the pool's");
    let named = usize::from(name.is_some()) * state::NAMED;
    let kind = kind | named;
    let (task, handle) = Task::new(future, kind, Arc::clone(shared), at);
    if let Some(name) = name {
        shared.notes.name(task.header().id(), name);
    }
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
/// Outside a runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let at = Location::caller();
    match context::with(|shared| start(shared, future, 0, at, None)) {
        Ok(handle) => handle,
        Err(error) => panic!("{error}"),
    }
}
