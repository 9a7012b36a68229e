//! Exercise `coalesce`: many wakes are one turn.
//!
//! 30 minutes.
//!
//! Each wake of this task puts it into the queue, so a task that is woken a
//! thousand times is polled a thousand times. Let it stand there once, however
//! often it is woken before its turn. But a wake from the beginning of its
//! turn on must put it there again: what it tells of, the poll may have missed.
//!
//! Run: `cargo test --test coalesce`
//!
//! Fails until solved: `exercise coalesce:`

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

/// The tasks whose turn comes, in order.
#[derive(Debug, Default)]
pub struct Queue(Mutex<VecDeque<Arc<Task>>>);

/// A task without a future: a name and a queue.
#[derive(Debug)]
pub struct Task {
    name: &'static str,
    queue: Arc<Queue>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let queue = Arc::clone(&self.queue);
        queue.lock().push_back(self); // always?
    }
}

impl Queue {
    /// Takes the task whose turn it is. From now on it can stand here again.
    pub fn next(&self) -> Option<Arc<Task>> {
        self.lock().pop_front()
    }

    /// How many turns are to come.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Task>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Task {
    /// A task that stands in no queue.
    pub fn new(name: &'static str, queue: &Arc<Queue>) -> Arc<Self> {
        let queue = Arc::clone(queue);
        Arc::new(Self { name, queue })
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

#[cfg(test)]
#[path = "../exercises/tests/coalesce.rs"]
mod tests;
