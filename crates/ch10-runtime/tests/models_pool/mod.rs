//! The queue of the blocking pool, put to work by two or three threads. loom
//! runs each model in all interleavings, shuttle in many; both say
//! `crate::sync`.
//!
//! A model fails by a deadlock (something sleeps for ever) or by an assertion.
//! What it counts for itself is std's, which is no step of a schedule.

use crate::queue::{Pushed, Queue};
use crate::sync::{Clock, Condvar, Mutex, lock, set_clock, thread, wait};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;
use testing::proof::Model;

/// All of them hold.
pub const MODELS: [Model; 7] = [
    ("one thread that never tires", never_tires),
    ("one thread that tires", || two_jobs(1)),
    ("two threads that tire", || two_jobs(2)),
    ("two threads push", two_push),
    ("one of two threads cannot be created", || not_created(1)),
    ("no thread can be created", || not_created(2)),
    ("closed while a job is pushed", closed),
];

/// What has become of the jobs.
#[derive(Default)]
struct Count {
    ran: AtomicU32,
    orphaned: AtomicU32,
    refused: AtomicU32,
    /// So many threads cannot be created.
    failures: AtomicU32,
}

/// A pool as the library has it, whose threads are the model's.
#[derive(Clone)]
struct Pool {
    queue: Arc<Queue<u32>>,
    count: Arc<Count>,
    threads: Arc<StdMutex<Vec<thread::JoinHandle<()>>>>,
    /// Called by each job.
    job: Arc<dyn Fn() + Send + Sync>,
}

impl Pool {
    fn new(max: usize, clock: Clock) -> Self {
        set_clock(clock);
        Self {
            queue: Arc::new(Queue::new(max, Duration::from_secs(1))),
            count: Arc::default(),
            threads: Arc::default(),
            job: Arc::new(|| {}),
        }
    }

    fn push(&self, job: u32) {
        match self.queue.push(job) {
            Ok(Pushed::Waits) => {}
            Ok(Pushed::NeedsThread) => self.create(),
            Err(_) => _ = self.count.refused.fetch_add(1, Relaxed),
        }
    }

    /// A thread that takes jobs until the queue says that it has to end; or
    /// none.
    fn create(&self) {
        let failures = &self.count.failures;
        if failures.load(Relaxed) > 0 {
            failures.fetch_sub(1, Relaxed);
            let orphans = self.queue.not_created().len() as u32;
            self.count.orphaned.fetch_add(orphans, Relaxed);
            return;
        }
        let pool = self.clone();
        let thread = thread::spawn(move || {
            while pool.queue.next().is_some() {
                pool.count.ran.fetch_add(1, Relaxed);
                (pool.job)();
            }
        });
        let mut threads =
            self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.push(thread);
    }

    /// Waits for every thread.
    fn join(&self) {
        loop {
            let mut threads =
                self.threads.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(thread) = threads.pop() else { break };
            drop(threads);
            thread.join().expect("it does not panic");
        }
        assert_eq!(self.queue.threads(), 0, "one is still counted");
    }

    fn ran(&self) -> u32 {
        self.count.ran.load(Relaxed)
    }
}

/// A thread that sleeps until it is roused: each job rouses it.
fn never_tires() {
    let mut pool = Pool::new(1, Clock::Stands);
    let done = Arc::new((Mutex::new(0), Condvar::new()));
    let tell = Arc::clone(&done);
    pool.job = Arc::new(move || {
        *lock(&tell.0) += 1;
        tell.1.notify_one();
    });
    pool.push(1);
    pool.push(2);
    let mut jobs = lock(&done.0);
    while *jobs < 2 {
        jobs = wait(&done.1, jobs);
    }
    drop(jobs);
    assert!(pool.queue.close().is_empty());
    assert_eq!(pool.queue.wait(None), 0, "a thread is still there");
}

/// Threads end as soon as they find nothing to do. No job is left behind.
fn two_jobs(max: usize) {
    let pool = Pool::new(max, Clock::Runs);
    pool.push(1);
    pool.push(2);
    pool.join();
    assert_eq!(pool.ran(), 2);
}

/// Two threads push a job each.
fn two_push() {
    let pool = Pool::new(1, Clock::Runs);
    let theirs = pool.clone();
    let pushing = thread::spawn(move || theirs.push(1));
    pool.push(2);
    pushing.join().expect("it does not panic");
    pool.join();
    assert_eq!(pool.ran(), 2);
}

/// Two threads push a job each; so many threads cannot be created. Each job
/// runs, or whoever pushed is told that it never will.
fn not_created(failures: u32) {
    let pool = Pool::new(2, Clock::Runs);
    pool.count.failures.store(failures, Relaxed);
    let theirs = pool.clone();
    let pushing = thread::spawn(move || theirs.push(1));
    pool.push(2);
    pushing.join().expect("it does not panic");
    pool.join();
    assert_eq!(pool.ran() + pool.count.orphaned.load(Relaxed), 2);
}

/// The pool ends while a job is pushed: it runs, comes back or is refused.
fn closed() {
    let pool = Pool::new(1, Clock::Stands);
    let theirs = pool.clone();
    let pushing = thread::spawn(move || theirs.push(1));
    let left = pool.queue.close().len() as u32;
    pushing.join().expect("it does not panic");
    pool.join();
    let refused = pool.count.refused.load(Relaxed);
    assert_eq!(pool.ran() + refused + left, 1);
    assert!(pool.queue.push(2).is_err(), "it is closed");
}
