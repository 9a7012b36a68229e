//! More than one thread: where tasks wait that any of them may run, and how the
//! threads begin and end.
//!
//! A runtime with one thread has nothing of this. Local tasks have nothing of
//! it either: they stay in the queue of the thread of `block_on`.

mod idle;
mod worker;

pub(crate) use worker::{Entered, Worker, is_worker};

use crate::context;
use crate::driver::Driver;
use crate::handle::Shared;
use crate::kernel;
use crate::runtime::BATCH;
use crate::sync::{Mutex, lock};
use crate::task::Task;
use crossbeam_deque as deque;
use idle::{Idle, Outside};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

/// The thread of `block_on`.
const HOME: usize = 0;

// ANCHOR: threads
/// What the threads share.
pub(crate) struct Threads {
    /// Tasks that were woken by a thread that isn't one of these.
    injector: deque::Injector<Task>,
    /// The other ends of the workers' deques.
    stealers: Box<[deque::Stealer<Task>]>,
    idle: Idle,
    /// Why the driver can't go on.
    failed: Mutex<Option<io::Error>>,
}
// ANCHOR_END: threads

/// The driver, for the idle threads.
#[derive(Clone, Copy)]
struct Parking<'a> {
    driver: &'a Driver,
    threads: &'a Threads,
    shared: &'a Shared,
}

impl Parking<'_> {
    fn turn(&self, block: bool, awake: impl FnOnce()) {
        if let Err(error) = self.driver.turn_then(block, awake) {
            // `block_on` panics with it, on its own thread.
            *lock(&self.threads.failed) = Some(error);
            self.threads.idle.close(self);
            self.shared.wake_root();
        }
    }
}

impl Outside for Parking<'_> {
    fn wait(&self, awake: impl FnOnce()) {
        self.turn(true, awake);
    }

    fn unpark(&self) {
        self.driver.unpark();
    }
}

impl Threads {
    /// For this many threads, and what belongs to each of them.
    pub(crate) fn new(threads: usize) -> (Self, Vec<Worker>) {
        let deques: Vec<_> =
            (0..threads).map(|_| deque::Worker::new_fifo()).collect();
        let shared = Self {
            injector: deque::Injector::new(),
            stealers: deques.iter().map(deque::Worker::stealer).collect(),
            idle: Idle::new(threads),
            failed: Mutex::new(None),
        };
        let workers = deques.into_iter().enumerate();
        let workers = workers.map(|(me, deque)| Worker::new(me, deque));
        (shared, workers.collect())
    }

    fn outside<'a>(&'a self, shared: &'a Shared) -> Parking<'a> {
        Parking {
            driver: shared.driver(),
            threads: self,
            shared,
        }
    }

    // ANCHOR: push
    /// A task is ready: it goes to the thread that has woken it, or to the
    /// injector if that isn't one of these. An idle thread is told.
    pub(crate) fn push(&self, task: Task, shared: &Shared) {
        let mut task = Some(task);
        worker::with(self, |worker| task.take().map(|t| worker.push(t)));
        if let Some(task) = task {
            self.injector.push(task);
        }
        self.idle.notify(&self.outside(shared));
    }

    /// A task has woken itself while it ran. If its thread has nothing else to
    /// do, no other one need be roused: it comes next.
    pub(crate) fn push_again(&self, task: Task, shared: &Shared) {
        let alone = worker::with(self, Worker::has_none);
        let mut task = Some(task);
        if alone == Some(true) {
            worker::with(self, |worker| task.take().map(|t| worker.push(t)));
        }
        if let Some(task) = task {
            self.push(task, shared);
        }
    }
    // ANCHOR_END: push

    /// There is something to do for the thread of `block_on` alone.
    pub(crate) fn notify_home(&self, shared: &Shared) {
        self.idle.notify_thread(HOME, &self.outside(shared));
    }

    /// Is there any task that any thread may run?
    fn look(&self) -> bool {
        let waits = |stealer: &deque::Stealer<_>| !stealer.is_empty();
        !self.injector.is_empty() || self.stealers.iter().any(waits)
    }

    /// What has ended the driver, if anything has.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        lock(&self.failed).take()
    }

    /// The threads end after the tasks that they are polling.
    pub(crate) fn close(&self, shared: &Shared) {
        self.idle.close(&self.outside(shared));
    }

    /// Tasks that were left when the threads ended, for the last one.
    pub(crate) fn drain(&self, worker: &Worker, shared: &Shared) {
        worker.leave(shared, self);
        loop {
            match self.injector.steal() {
                deque::Steal::Success(task) => task.run(),
                deque::Steal::Empty => return,
                deque::Steal::Retry => {}
            }
        }
    }
}

// ANCHOR: spawn
/// Begins a thread for each worker. If one can't be created, those that were
/// end again.
///
/// # Errors
///
/// Those of the system.
pub(crate) fn spawn(
    shared: &Arc<Shared>,
    name: &str,
    workers: impl IntoIterator<Item = Worker>,
) -> io::Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    for (number, worker) in workers.into_iter().enumerate() {
        let own = Arc::clone(shared);
        let name = format!("{name}-{}", number + 1);
        match kernel::spawn_thread(name, move || main(&own, &worker)) {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                stop(shared, threads);
                return Err(error);
            }
        }
    }
    Ok(threads)
}

/// Ends the threads, and waits until they have ended.
pub(crate) fn stop(shared: &Shared, running: Vec<JoinHandle<()>>) {
    if let Some(threads) = shared.threads() {
        threads.close(shared);
    }
    for thread in running {
        // Tasks don't panic here, and a waker that does has ended its thread.
        let _ = thread.join();
    }
}

/// What a thread does that isn't the one of `block_on`.
fn main(shared: &Arc<Shared>, worker: &Worker) {
    let Some(threads) = shared.threads() else {
        return;
    };
    let _context = context::enter(shared, None);
    let _entered = worker.enter(shared, threads);
    loop {
        let more = worker.run(shared, threads, &mut { BATCH });
        if !worker.pause(shared, threads, more, || false) {
            return;
        }
    }
}
// ANCHOR_END: spawn

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads")
            .field("threads", &self.stealers.len())
            .field("idle", &self.idle.sleepers())
            .finish_non_exhaustive()
    }
}
