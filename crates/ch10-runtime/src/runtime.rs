//! The runtime itself: the thread that calls `block_on`, and its loop.

use crate::builder::Builder;
use crate::context;
use crate::driver::Driver;
use crate::dump::Dump;
use crate::handle::{self, Handle, Shared};
use crate::run_queue::RunQueue;
use crate::task::state;
use crate::task::{JoinHandle, Task, TaskId};
use crate::threads::{self, Threads, Worker};
use std::fmt;
use std::io::{self, ErrorKind};
use std::marker::PhantomData;
use std::mem;
use std::panic::Location;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// How many polls there are before the driver looks for events again.
pub(crate) const BATCH: usize = 128;

// ANCHOR: home
/// What belongs to the thread of `block_on`: its own queue.
pub(crate) struct Home {
    shared: Arc<Shared>,
    queue: RunQueue,
    /// Its share of the tasks of all threads, if there are others.
    worker: Option<Worker>,
}

/// A runtime: tasks, timers and sockets, and the thread that serves them.
///
/// It lives where it was made. Its [`handle`](Self::handle) may go anywhere.
/// Dropping it ends it: see [`shutdown`](Self::shutdown).
pub struct Runtime {
    home: Home,
    handle: Handle,
    /// The other threads.
    threads: Vec<thread::JoinHandle<()>>,
    /// Local tasks are dropped on their own thread, so it stays there.
    stays: PhantomData<*const ()>,
}
// ANCHOR_END: home

impl Home {
    #[inline]
    pub(crate) fn belongs_to(&self, shared: &Shared) -> bool {
        std::ptr::eq(Arc::as_ptr(&self.shared), shared)
    }

    #[inline]
    pub(crate) fn push(&self, task: Option<Task>) {
        if let Some(task) = task {
            self.queue.push(task);
        }
    }

    // ANCHOR: run
    /// Runs tasks that are ready, at most `polls`, from which it takes their
    /// number. Are there more?
    fn run(&self, polls: &mut usize) -> bool {
        let inbox = self.shared.inbox();
        if !inbox.is_empty() {
            inbox.take(|task| self.queue.push(task));
        }
        while *polls > 0 {
            match self.queue.pop() {
                Some(task) => task.run(),
                None => return false,
            }
            *polls -= 1;
        }
        !self.queue.is_empty()
    }
    // ANCHOR_END: run

    /// Are there local tasks that are ready?
    fn has_some(&self) -> bool {
        !self.queue.is_empty() || !self.shared.inbox().is_empty()
    }

    /// If there are other threads: what is shared with them, and our share.
    #[inline]
    fn several(&self) -> Option<(&Worker, &Threads)> {
        self.worker.as_ref().zip(self.shared.threads())
    }

    /// This thread is one of those that run tasks from now on.
    fn enter(&self) -> Option<threads::Entered<'_>> {
        let (worker, threads) = self.several()?;
        Some(worker.enter(&self.shared, threads))
    }
}

impl Runtime {
    /// A runtime on this thread alone.
    ///
    /// # Errors
    ///
    /// If the system has no descriptors left.
    pub fn new() -> io::Result<Self> {
        Self::builder().build()
    }

    /// A runtime that is not like the others.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn build(builder: &Builder) -> io::Result<Self> {
        let (threads, mut workers) = match builder.threads {
            0 | 1 => (None, Vec::new()),
            several => {
                let (threads, workers) = Threads::new(several);
                (Some(threads), workers)
            }
        };
        let mut workers = workers.drain(..);
        let worker = workers.next();
        let shared = Shared::new(Driver::new()?, threads, builder);
        let shared = Arc::new(shared);
        if let Some(signal) = builder.dump_on_signal {
            #[cfg(unix)]
            crate::dump::on_signal::install(signal, &shared)?;
            #[cfg(not(unix))]
            return Err(no_signals(signal));
        }
        let threads = threads::spawn(&shared, &builder.thread_name, workers)?;
        let handle = Handle::new(Arc::clone(&shared));
        let queue = RunQueue::new();
        Ok(Self {
            home: Home {
                shared,
                queue,
                worker,
            },
            handle,
            threads,
            stays: PhantomData,
        })
    }

    /// The way to this runtime from elsewhere.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Runs `future`, and tasks beside it, until the future is ready. Tasks
    /// that are not done then wait for the next call.
    ///
    /// # Panics
    ///
    /// If the future panics. If it is called by a task, or by a future that is
    /// in a `block_on` itself: it would wait on the thread that has to do the
    /// work. If the system's event queue fails.
    #[track_caller]
    // ANCHOR: block_on
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        refuse_on_home();
        let shared = &self.home.shared;
        let _entered = context::enter(shared, Some(&self.home));
        let _worker = self.home.enter();
        let mut future = pin!(future);
        let waker = Waker::from(Arc::clone(shared));
        let mut cx = Context::from_waker(&waker);
        shared.wake_root();
        let mut polls = BATCH;
        loop {
            if shared.root().take() {
                polls = polls.saturating_sub(1);
                let poll = || future.as_mut().poll(&mut cx);
                if let Poll::Ready(output) =
                    context::polling(TaskId::ROOT, poll)
                {
                    return output;
                }
            }
            let more = self.home.run(&mut polls);
            if let Some((worker, threads)) = self.home.several() {
                self.share(worker, threads, more, &mut polls);
                continue;
            }
            let busy = more || shared.root().is_woken();
            if !busy || polls == 0 {
                self.turn(!busy);
                polls = BATCH;
            }
        }
    }
    // ANCHOR_END: block_on

    /// Does this thread's share of the work of all threads, then looks for
    /// events, or sleeps.
    // ANCHOR: share
    fn share(
        &self,
        worker: &Worker,
        threads: &Threads,
        more: bool,
        polls: &mut usize,
    ) {
        let shared = &self.home.shared;
        let mine = || shared.root().is_woken() || self.home.has_some();
        let more = worker.run(shared, threads, polls) || more;
        if *polls > 0 && (more || mine()) {
            return worker.found(shared, threads);
        }
        *polls = BATCH;
        if !worker.pause(shared, threads, more, mine) {
            let error = threads.failure().unwrap_or(ErrorKind::Other.into());
            panic!("the event queue of the runtime has failed: {error}");
        }
    }
    // ANCHOR_END: share

    /// Lets the driver look for events, or wait for them.
    fn turn(&self, block: bool) {
        if let Err(error) = self.home.shared.driver().turn(block) {
            panic!("the event queue of the runtime has failed: {error}");
        }
    }

    /// Ends the runtime, as dropping it does: all tasks are cancelled, their
    /// futures dropped, and jobs of the pool that have not begun with them.
    /// Then it waits for the jobs that have begun, at most for `limit`, and
    /// says how many still run. Those end by themselves, later.
    ///
    /// The limit is for those jobs. A task that another thread is polling is
    /// polled until it says pending, however long that takes.
    pub fn shutdown(self, limit: Duration) -> usize {
        let deadline = Instant::now().checked_add(limit);
        let shared = Arc::clone(&self.home.shared);
        drop(self);
        shared.pool().wait(deadline)
    }

    /// What every task waits for: see [`Handle::dump`].
    #[must_use]
    pub fn dump(&self) -> Dump {
        self.handle.dump()
    }

    /// See [`Handle::spawn`].
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// Begins a task that stays on this thread, so its future need not be
    /// `Send`. It runs while this thread is in [`block_on`](Self::block_on).
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let shared = &self.home.shared;
        let at = Location::caller();
        handle::start(shared, future, state::LOCAL, at, None)
    }
}

/// Begins a task that stays on this thread: see [`Runtime::spawn_local`].
///
/// # Panics
///
/// If this is not the thread of a `block_on`.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let at = Location::caller();
    let home = Handle::try_current()
        .ok()
        .filter(|handle| context::with_home(handle.shared(), |_| ()).is_some());
    let Some(handle) = home else {
        panic!(
            "`spawn_local` was called on a thread that is not in `block_on`: \
             a local task could not run here"
        );
    };
    handle::start(handle.shared(), future, state::LOCAL, at, None)
}

#[cfg(not(unix))]
fn no_signals(signal: i32) -> io::Error {
    let text = format!("there is no signal {signal} here");
    io::Error::new(io::ErrorKind::Unsupported, text)
}

/// On a thread that polls tasks, `block_on` would wait for itself.
#[track_caller]
fn refuse_on_home() {
    assert!(
        !context::is_home(),
        "`block_on` was called on a thread that polls tasks, which it \
         would block: await the future instead, or spawn it"
    );
}

// ANCHOR: drop
impl Drop for Runtime {
    fn drop(&mut self) {
        let shared = &self.home.shared;
        // A thread that is polling a task finishes that poll.
        threads::stop(shared, mem::take(&mut self.threads));
        let _entered = context::enter(shared, Some(&self.home));
        let _worker = self.home.enter();
        shared.tasks().close();
        // Every task was aborted, so a run is its end. One that another thread
        // wakes right now may still be on its way to the inbox.
        while shared.tasks().len() > 0 {
            if let Some((worker, threads)) = self.home.several() {
                threads.drain(worker, shared);
            }
            if !self.home.run(&mut { BATCH }) && shared.inbox().is_empty() {
                thread::yield_now();
            }
        }
        // Jobs that run are left to themselves; the others are cancelled.
        shared.jobs().close();
        shared.pool().close();
        // Sockets that outlive the runtime get an error instead of a wait.
        shared.driver().queue().close();
        shared.driver().timers().close();
    }
}
// ANCHOR_END: drop

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("shared", &self.home.shared)
            .finish_non_exhaustive()
    }
}
