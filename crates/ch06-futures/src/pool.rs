//! A pool of threads for work that computes or blocks, for chapter 6.
//!
//! It leaves out priorities, growing and shrinking, and a bound on the queue.

use crate::s4_leaf::{Receiver, one_shot};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

// ANCHOR: pool
/// Threads that take jobs from one queue.
pub struct Pool {
    jobs: Option<mpsc::Sender<Job>>, // the queue's entrance
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Hands a job to the pool, at the call. The future is ready when the job
    /// is done, or closed if the job has panicked.
    pub fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Receiver<T> {
        let (sender, receiver) = one_shot();
        let job: Job = Box::new(move || {
            // An error says that the result is no longer wanted.
            let _ = sender.send(job());
        });
        if let Some(jobs) = &self.jobs {
            // The threads keep the other end as long as the pool lives.
            let _ = jobs.send(job);
        }
        receiver
    }
}
// ANCHOR_END: pool

impl Pool {
    /// A pool of `threads` threads, at least one.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let threads = (0..threads.max(1))
            .map(|_| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || {
                    loop {
                        let next = queue
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .recv();
                        let Ok(job) = next else { return };
                        // A panic ends the job and not the thread; the sender
                        // that it drops tells whoever waits.
                        let _ = catch_unwind(AssertUnwindSafe(job));
                    }
                })
            })
            .collect();
        let jobs = Some(jobs);
        Self { jobs, threads }
    }
}

impl Drop for Pool {
    /// Waits for the jobs that are queued.
    fn drop(&mut self) {
        drop(self.jobs.take());
        for thread in self.threads.drain(..) {
            // It catches every panic of a job, so this is no error.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("threads", &self.threads.len())
            .finish()
    }
}
