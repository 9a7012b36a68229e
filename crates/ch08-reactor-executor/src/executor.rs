//! The executor: it polls tasks that were woken, in the order in which they
//! were, and parks when there are none.
//!
//! It leaves out priorities, cancellation from outside and stealing between
//! executors. Chapter 10 has them.

use crate::future::{Future, PollState, Waker};
use crate::outcome::{JoinError, JoinHandle, outcome};
use crate::run_queue::{RunQueue, Unpark};
use crate::task::{BoxedTask, Job, Running, TaskWaker};
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Where an executor sleeps.
///
/// # Errors
///
/// Of `park` and `look`: sleeping is impossible. The executor gives up then.
// ANCHOR: park
pub trait Park {
    /// What ends the sleep, from any thread.
    fn unparker(&self) -> Arc<dyn Unpark>;

    /// Sleeps until it is unparked or something has happened.
    fn park(&mut self) -> io::Result<()>;

    /// Wakes the tasks for which something has happened during the sleep.
    fn deliver(&mut self) {}

    /// The same as both, without the sleep.
    fn look(&mut self) -> io::Result<()> {
        Ok(())
    }
}
// ANCHOR_END: park

// ANCHOR: executor
/// Runs tasks on the thread that it is on.
pub struct Executor<P> {
    queue: Arc<RunQueue<Job>>,
    /// The tasks, each in its place. An empty place can be taken again.
    tasks: Vec<Option<Task>>,
    free: Vec<usize>,
    park: P,
    /// Since it has slept or looked.
    jobs: u32,
    counts: Counts,
}

struct Task {
    future: BoxedTask,
    /// One for all polls.
    waker: Waker,
    /// What is behind the waker.
    shared: Arc<TaskWaker>,
}

// ANCHOR_END: executor

/// What an executor has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How often it has polled a task.
    pub polls: u64,
    /// How often it has parked.
    pub parks: u64,
}

/// After this many jobs without a sleep, in one `block_on` or several, it looks
/// at what has happened outside.
pub const JOBS_BETWEEN_LOOKS: u32 = 64;

impl<P: Park> Executor<P> {
    /// One without tasks, which sleeps in `park`.
    pub fn new(park: P) -> Self {
        Self {
            queue: Arc::new(RunQueue::new(park.unparker())),
            tasks: Vec::new(),
            free: Vec::new(),
            park,
            jobs: 0,
            counts: Counts::default(),
        }
    }

    /// Runs `future` to its end, and the tasks meanwhile. Tasks that are not
    /// finished then go on with the next call.
    ///
    /// # Errors
    ///
    /// Those of [`Park::park`].
    ///
    /// # Panics
    ///
    /// If `future` does. A task that panics does not get that far.
    // ANCHOR: block_on
    pub fn block_on<F: Future>(
        &mut self,
        mut future: F,
    ) -> io::Result<F::Output> {
        let main = TaskWaker::new(NO_PLACE, &self.queue);
        let waker = Waker::from(Arc::clone(&main));
        waker.wake_by_ref(); // a first poll
        loop {
            if self.jobs == JOBS_BETWEEN_LOOKS {
                self.jobs = 0;
                self.park.look()?; // tasks that are always ready don't hide it
            }
            let Some(job) = self.queue.next() else {
                self.sleep()?;
                continue;
            };
            self.jobs += 1;
            match job {
                Job::Run(task) if Arc::ptr_eq(&task, &main) => {
                    task.scheduled.clear();
                    if let PollState::Ready(output) = future.poll(&waker) {
                        return Ok(output);
                    }
                }
                job => self.run(job),
            }
        }
    }
    // ANCHOR_END: block_on

    // ANCHOR: sleep
    /// Nothing is to be done: parks until something is.
    fn sleep(&mut self) -> io::Result<()> {
        self.jobs = 0;
        self.counts.parks += 1;
        let parked = self.park.park();
        self.queue.unparked(); // the wakes that follow need not unpark us
        parked?;
        self.park.deliver();
        Ok(())
    }
    // ANCHOR_END: sleep

    // ANCHOR: run
    fn run(&mut self, job: Job) {
        match job {
            Job::Start(make) => {
                if let Some(future) = make() {
                    self.insert(future);
                }
            }
            Job::Run(shared) => {
                let Some(task) = self.find(&shared) else {
                    return; // it has ended, and a late waker was called
                };
                shared.scheduled.clear(); // before the poll: a wake during it
                if task.future.poll(&task.waker).is_ready() {
                    self.remove(shared.place);
                }
                self.counts.polls += 1;
            }
        }
    }

    /// The task of this waker. Its place may have been taken by another one.
    fn find(&mut self, shared: &Arc<TaskWaker>) -> Option<&mut Task> {
        let task = self.tasks.get_mut(shared.place)?.as_mut()?;
        Arc::ptr_eq(&task.shared, shared).then_some(task)
    }
    // ANCHOR_END: run

    /// Makes a task of `future`. It is polled as soon as its turn comes, and
    /// need not be `Send`: it never leaves this thread.
    // ANCHOR: spawn
    pub fn spawn<F>(&mut self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (promise, handle) = outcome();
        self.insert(Box::new(Running::new(future, promise)));
        handle
    }

    fn insert(&mut self, future: BoxedTask) {
        let place = self.free.pop().unwrap_or(self.tasks.len());
        // ANCHOR: first_poll
        let shared = TaskWaker::new(place, &self.queue);
        let waker = Waker::from(Arc::clone(&shared));
        waker.wake_by_ref(); // a first poll
        // ANCHOR_END: first_poll
        let task = Some(Task {
            future,
            waker,
            shared,
        });
        match self.tasks.get_mut(place) {
            Some(empty) => *empty = task,
            None => self.tasks.push(task),
        }
    }

    fn remove(&mut self, place: usize) {
        self.tasks[place] = None;
        self.free.push(place);
    }
    // ANCHOR_END: spawn

    /// Spawns tasks here from any thread.
    #[must_use]
    pub fn spawner(&self) -> Spawner {
        Spawner(Arc::clone(&self.queue))
    }

    /// How many tasks are not finished. One that another thread has spawned
    /// counts from its turn on.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.tasks.len() - self.free.len()
    }

    /// What it has done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Where it sleeps.
    #[must_use]
    pub fn park(&self) -> &P {
        &self.park
    }
}

/// The place of a future that is no task.
const NO_PLACE: usize = usize::MAX;

// ANCHOR: gone
/// Tasks that are not finished are dropped. A waker that fires meanwhile, or
/// later, finds the queue closed.
impl<P> Drop for Executor<P> {
    fn drop(&mut self) {
        let jobs = self.queue.close();
        drop(jobs);
        self.tasks.clear();
    }
}
// ANCHOR_END: gone

// ANCHOR: spawner
/// Spawns tasks on an executor, from any thread.
#[derive(Clone)]
pub struct Spawner(Arc<RunQueue<Job>>);

impl Spawner {
    /// Makes a task of `future`, on the executor's thread. If the executor is
    /// gone, the handle gives [`JoinError::Dropped`].
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_with(move || future)
    }

    // ANCHOR_END: spawner
    /// The same with a future that is made there, and need not be `Send`.
    // ANCHOR: spawn_with
    pub fn spawn_with<F>(
        &self,
        make: impl FnOnce() -> F + Send + 'static,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        let (promise, handle) = outcome();
        let start = Job::Start(Box::new(move || -> Option<BoxedTask> {
            match catch_unwind(AssertUnwindSafe(make)) {
                Ok(future) => Some(Box::new(Running::new(future, promise))),
                Err(payload) => {
                    promise.keep(Err(JoinError::Panicked(payload)));
                    None
                }
            }
        }));
        // Given back, it is dropped here, and the promise with it.
        let _ = self.0.push(start);
        handle
    }
    // ANCHOR_END: spawn_with
}

impl<P> fmt::Debug for Executor<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("tasks", &(self.tasks.len() - self.free.len()))
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spawner")
    }
}
