//! A task: a future that an executor owns, and a waker that any thread may
//! have.

use crate::future::{Future, PollState, Waker};
use crate::outcome::{JoinError, Promise};
use crate::run_queue::RunQueue;
use crate::scheduled::Scheduled;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Wake;

// ANCHOR: types
/// What the run queue holds.
pub(crate) enum Job {
    /// This task was woken.
    Run(Arc<TaskWaker>),
    /// Another thread has spawned a task. It is made on the executor's thread.
    Start(Box<dyn FnOnce() -> Option<BoxedTask> + Send>),
}

/// A task as its executor keeps it, whatever its future.
pub(crate) type BoxedTask = Box<dyn Future<Output = ()>>;

/// What is behind the waker of a task. The future is not in here: it stays
/// where it is, and need not be `Send`.
pub(crate) struct TaskWaker {
    /// Where the executor finds the future.
    pub(crate) place: usize,
    pub(crate) scheduled: Scheduled,
    queue: Arc<RunQueue<Job>>,
}
// ANCHOR_END: types

impl TaskWaker {
    /// One whose task is in no queue.
    pub(crate) fn new(place: usize, queue: &Arc<RunQueue<Job>>) -> Arc<Self> {
        Arc::new(Self {
            place,
            scheduled: Scheduled::new(false),
            queue: Arc::clone(queue),
        })
    }
}

// ANCHOR: wake
impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if self.scheduled.set() {
            let queue = Arc::clone(&self.queue);
            // It is given back if the executor is gone: then nothing is left
            // to be woken.
            let _ = queue.push(Job::Run(self));
        }
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.scheduled.set() {
            let _ = self.queue.push(Job::Run(Arc::clone(self)));
        }
    }
}
// ANCHOR_END: wake

// ANCHOR: running
/// A future whose end is a promise kept. It never panics.
pub(crate) struct Running<F: Future> {
    future: Option<F>,
    promise: Option<Promise<F::Output>>,
}

impl<F: Future> Future for Running<F> {
    type Output = ();

    fn poll(&mut self, waker: &Waker) -> PollState<()> {
        let Some(future) = &mut self.future else {
            return PollState::Ready(());
        };
        // Unwind safe: after a panic the future is only dropped.
        let polled = catch_unwind(AssertUnwindSafe(|| future.poll(waker)));
        let output = match polled {
            Ok(PollState::NotReady) => return PollState::NotReady,
            Ok(PollState::Ready(output)) => Ok(output),
            Err(payload) => Err(JoinError::Panicked(payload)),
        };
        self.stop(); // before anybody hears of the end
        if let Some(promise) = self.promise.take() {
            promise.keep(output);
        }
        PollState::Ready(())
    }
}
// ANCHOR_END: running

impl<F: Future> Running<F> {
    pub(crate) fn new(future: F, promise: Promise<F::Output>) -> Self {
        let (future, promise) = (Some(future), Some(promise));
        Self { future, promise }
    }

    /// Drops the future. A destructor that panics costs its task only.
    fn stop(&mut self) {
        let future = self.future.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
    }
}

impl<F: Future> Drop for Running<F> {
    fn drop(&mut self) {
        self.stop();
    }
}
