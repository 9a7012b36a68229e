//! The pool of threads on which a task may block.
//!
//! It grows with its work up to a maximum, and a thread that has had nothing
//! to do for a while ends. What a job is, it leaves to the tasks: something
//! that runs once, or is told why it never will.

mod queue;

use crate::context;
use crate::handle::Handle;
use crate::kernel;
use crate::task::{JoinError, JoinHandle, Task, state};
use queue::{Pushed, Queue};
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

/// Runs `work` on a thread that may block: see [`Handle::spawn_blocking`].
///
/// # Panics
///
/// Outside a runtime.
#[track_caller]
pub fn spawn_blocking<F, T>(work: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Handle::current().spawn_blocking(work)
}

impl Handle {
    /// Runs `work` on a thread of the pool, where it may block: read a file,
    /// look up a name, compute for a while.
    ///
    /// If it panics, the handle says so. If it is aborted, or the runtime
    /// ends, before it has begun, it never begins; once it has begun, nothing
    /// stops it. If there is no thread and the system has none left, the
    /// handle has [the system's error](JoinError::io_error).
    ///
    /// `work` may use the runtime: spawn tasks on it, for example.
    // ANCHOR: spawn_blocking
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, work: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (shared, at) = (self.shared(), Location::caller());
        let work = Work(Some(work));
        let (task, handle) =
            Task::new(work, state::BLOCKING, Arc::clone(shared), at);
        match shared.jobs().insert(&task) {
            true => shared.pool().push(Queued(Some(task))),
            false => task.end(JoinError::cancelled()),
        }
        handle
    }
    // ANCHOR_END: spawn_blocking
}

// ANCHOR: work
/// A function as a future: one poll, and it is ready.
struct Work<F>(Option<F>);

impl<F> Unpin for Work<F> {}

impl<F: FnOnce() -> T, T> Future for Work<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<T> {
        let work = self.0.take().expect("a job is polled once");
        Poll::Ready(work())
    }
}

/// The task of a job, on its way to a thread.
pub(crate) struct Queued(Option<Task>);

impl Job for Queued {
    fn run(mut self) {
        if let Some(task) = self.0.take() {
            let shared = Arc::clone(task.header().shared());
            let _entered = context::enter(&shared, None);
            task.run();
        }
    }

    fn fail(mut self, error: io::Error) {
        if let Some(task) = self.0.take() {
            task.end(JoinError::no_thread(error));
        }
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.end(JoinError::cancelled());
        }
    }
}
// ANCHOR_END: work

// ANCHOR: job
/// What a thread of the pool does. Dropped, it is cancelled.
pub(crate) trait Job: Send + 'static {
    /// Does it. A panic in it is the job's own affair and does not leave it.
    fn run(self);

    /// It never runs, because there is no thread for it.
    fn fail(self, error: io::Error);
}

/// A number of threads and the jobs for them. Every thread holds a share of
/// it, so one that is still busy when the runtime is gone finds it all there.
pub(crate) struct Pool<J>(Arc<Shared<J>>);

struct Shared<J> {
    queue: Queue<J>,
    /// Threads are called by this and a number.
    name: String,
    created: AtomicUsize,
}
// ANCHOR_END: job

impl<J: Job> Pool<J> {
    /// One without a thread yet. At most `max` of them (at least one) will
    /// run at a time, and each ends when it has been idle for `keep_alive`.
    pub(crate) fn new(max: usize, keep_alive: Duration, name: &str) -> Self {
        Self(Arc::new(Shared {
            queue: Queue::new(max, keep_alive),
            name: name.to_owned(),
            created: AtomicUsize::new(0),
        }))
    }

    // ANCHOR: push
    /// Has it run as soon as a thread is free. It is dropped, and so
    /// cancelled, if the pool is closed.
    pub(crate) fn push(&self, job: J) {
        match self.0.queue.push(job) {
            Ok(Pushed::Waits) => {}
            Ok(Pushed::NeedsThread) => {
                if let Err(error) = self.create_thread() {
                    self.0.thread_is_missing(&error);
                }
            }
            Err(refused) => drop(refused),
        }
    }

    fn create_thread(&self) -> io::Result<()> {
        let number = self.0.created.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-blocking-{number}", self.0.name);
        let shared = Arc::clone(&self.0);
        let work = move || Worker(shared).run();
        kernel::spawn_thread(name, work).map(drop)
    }
    // ANCHOR_END: push

    /// Nothing more is started: what waits is dropped, threads that are idle
    /// end, and the others after their job.
    pub(crate) fn close(&self) {
        drop(self.0.queue.close()); // other people's destructors: no lock
    }

    /// Waits until every thread has ended, but not longer than until
    /// `deadline`. Says how many are left.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> usize {
        self.0.queue.wait(deadline)
    }
}

impl<J: Job> Shared<J> {
    // ANCHOR: missing
    /// A thread that was counted does not exist. Jobs that nothing will run
    /// say so to whoever waits for them.
    fn thread_is_missing(&self, error: &io::Error) {
        for job in self.queue.not_created() {
            job.fail(same(error));
        }
    }
    // ANCHOR_END: missing
}

/// An error of the same kind and text; `io::Error` has no `clone`.
fn same(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

// ANCHOR: worker
/// A thread of the pool.
struct Worker<J: Job>(Arc<Shared<J>>);

impl<J: Job> Worker<J> {
    fn run(self) {
        while let Some(job) = self.0.queue.next() {
            job.run();
        }
    }
}

impl<J: Job> Drop for Worker<J> {
    /// A job has broken its promise and takes this thread along: then the
    /// others must not count on it.
    fn drop(&mut self) {
        if thread::panicking() {
            let error = io::Error::other("the thread has panicked");
            self.0.thread_is_missing(&error);
        }
    }
}
// ANCHOR_END: worker

impl<J> fmt::Debug for Pool<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.0.queue).finish()
    }
}
