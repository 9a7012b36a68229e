//! The jobs that wait for a thread of the pool, and how many threads there
//! are.
//!
//! It leaves out how a thread is created, and what a job is. Like all that
//! two threads share, it says `crate::sync`, so that loom can try it.

use crate::sync::{Condvar, Mutex, MutexGuard, lock, wait, wait_timeout};
use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::time::{Duration, Instant};

// ANCHOR: queue
/// First in, first out, for threads that come and go.
pub struct Queue<J> {
    state: Mutex<State<J>>,
    /// A thread that is idle sleeps here until there is a job.
    work: Condvar,
    /// Whoever shuts down sleeps here until a thread has ended.
    ended: Condvar,
    /// At most this many threads.
    max: usize,
    /// A thread that has been idle for this long ends.
    keep_alive: Duration,
}

struct State<J> {
    jobs: VecDeque<J>,
    /// Threads that run or are being created. All of them take jobs.
    threads: usize,
    /// Those of them that sleep at `work`, or have been roused there and do
    /// not have the lock yet.
    idle: usize,
    /// Nothing more is accepted or started.
    closed: bool,
}
// ANCHOR_END: queue

/// What must be done after a job was pushed.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// Nothing: a thread will take it.
    Waits,
    /// One more thread is needed, and already counted. Whoever is told so
    /// creates it, or else calls [`Queue::not_created`].
    NeedsThread,
}

impl<J> Queue<J> {
    /// An empty one, without a thread. A `max` of zero counts as one.
    pub fn new(max: usize, keep_alive: Duration) -> Self {
        let state = Mutex::new(State {
            jobs: VecDeque::new(),
            threads: 0,
            idle: 0,
            closed: false,
        });
        let (work, ended) = (Condvar::new(), Condvar::new());
        let max = max.max(1);
        Self {
            state,
            work,
            ended,
            max,
            keep_alive,
        }
    }

    fn state(&self) -> MutexGuard<'_, State<J>> {
        lock(&self.state)
    }

    /// How many threads run or are being created.
    #[allow(dead_code, reason = "the models ask")]
    pub fn threads(&self) -> usize {
        self.state().threads
    }
}

/// The side of whoever has a job.
impl<J> Queue<J> {
    /// Appends it.
    ///
    /// # Errors
    ///
    /// Gives it back if the queue is closed.
    // ANCHOR: push
    pub fn push(&self, job: J) -> Result<Pushed, J> {
        let mut state = self.state();
        if state.closed {
            return Err(job);
        }
        state.jobs.push_back(job);
        if state.jobs.len() > state.idle && state.threads < self.max {
            state.threads += 1; // counted before it exists
            return Ok(Pushed::NeedsThread);
        }
        drop(state);
        self.work.notify_one();
        Ok(Pushed::Waits)
    }
    // ANCHOR_END: push

    /// The thread that a push asked for could not be created. The others take
    /// what is there. If there are none, these are the jobs that nothing will
    /// run.
    // ANCHOR: not_created
    #[must_use]
    pub fn not_created(&self) -> VecDeque<J> {
        let mut state = self.state();
        state.threads -= 1;
        let orphans = match state.threads {
            0 => mem::take(&mut state.jobs), // not only the latest
            _ => VecDeque::new(),
        };
        drop(state);
        self.ended.notify_all();
        orphans
    }
    // ANCHOR_END: not_created
}

/// The side of a thread of the pool.
impl<J> Queue<J> {
    /// The next job, for which it may sleep. `None`: the thread has to end,
    /// and is no longer counted.
    // ANCHOR: next
    pub fn next(&self) -> Option<J> {
        let mut state = self.state();
        let mut tired = false; // it has slept for as long as it may
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if tired || state.closed {
                break; // under the lock of the look: no job slips in
            }
            state.idle += 1;
            (state, tired) = self.sleep(state);
            state.idle -= 1;
        }
        state.threads -= 1;
        drop(state);
        self.ended.notify_all();
        None
    }
    // ANCHOR_END: next

    // ANCHOR: sleep
    /// Sleeps until it is roused, or its time is up (then it says true).
    fn sleep<'a>(
        &self,
        state: MutexGuard<'a, State<J>>,
    ) -> (MutexGuard<'a, State<J>>, bool) {
        wait_timeout(&self.work, state, self.keep_alive)
    }
    // ANCHOR_END: sleep
}

/// The end.
impl<J> Queue<J> {
    /// Refuses whatever comes from now on, and gives back what has not been
    /// started. Threads that are idle end, the others after their job.
    // ANCHOR: close
    pub fn close(&self) -> VecDeque<J> {
        let mut state = self.state();
        state.closed = true;
        let jobs = mem::take(&mut state.jobs);
        drop(state);
        self.work.notify_all();
        jobs
    }
    // ANCHOR_END: close

    /// Waits until every thread has ended, or until `deadline`; without one,
    /// for as long as it takes. Says how many are left.
    pub fn wait(&self, deadline: Option<Instant>) -> usize {
        let mut state = self.state();
        while state.threads > 0 {
            let Some(deadline) = deadline else {
                state = wait(&self.ended, state);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            (state, _) = wait_timeout(&self.ended, state, left);
        }
        state.threads
    }
}

impl<J> fmt::Debug for Queue<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Queue")
            .field("jobs", &state.jobs.len())
            .field("threads", &state.threads)
            .field("idle", &state.idle)
            .finish_non_exhaustive()
    }
}
