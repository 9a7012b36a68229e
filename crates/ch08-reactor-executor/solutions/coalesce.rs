//! The solution of exercise `coalesce`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

/// The tasks whose turn comes, in order.
#[derive(Debug, Default)]
pub struct Queue(Mutex<VecDeque<Arc<Task>>>);

/// A task without a future: a name and a queue.
#[derive(Debug)]
pub struct Task {
    name: &'static str,
    /// It stands in the queue.
    scheduled: AtomicBool,
    queue: Arc<Queue>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        // Release: pairs with the swap in `next`.
        if !self.scheduled.swap(true, Ordering::Release) {
            let queue = Arc::clone(&self.queue);
            queue.lock().push_back(self);
        }
    }
}

impl Queue {
    /// Takes the task whose turn it is. From now on it can stand here again.
    pub fn next(&self) -> Option<Arc<Task>> {
        let task = self.lock().pop_front()?;
        // Acquire: pairs with the swap in `wake`, also with one that has
        // pushed nothing. Before the poll, so that no wake is missed.
        task.scheduled.swap(false, Ordering::Acquire);
        Some(task)
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
        let scheduled = AtomicBool::new(false);
        Arc::new(Self {
            name,
            scheduled,
            queue,
        })
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

#[cfg(test)]
#[path = "../exercises/tests/coalesce.rs"]
mod tests;
