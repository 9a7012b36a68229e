//! The tasks that are ready, on the thread that runs them: first in, first out.
//!
//! The links are in the tasks, so pushing allocates nothing. Other threads have
//! `inbox.rs`.

use crate::kernel;
use crate::task::{Header, Task};
use std::cell::Cell;
use std::fmt;
use std::ptr::{self, NonNull};

// ANCHOR: queue
/// A list with two ends.
pub(crate) struct RunQueue {
    first: Cell<*mut Header>,
    last: Cell<*mut Header>,
    /// Counted for a simulation only, which picks among them.
    len: Cell<usize>,
}
// ANCHOR_END: queue

impl RunQueue {
    pub(crate) fn new() -> Self {
        Self {
            first: Cell::new(ptr::null_mut()),
            last: Cell::new(ptr::null_mut()),
            len: Cell::new(0),
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.first.get().is_null()
    }

    // ANCHOR: push
    #[inline]
    pub(crate) fn push(&self, task: Task) {
        let task = task.into_raw();
        // SAFETY: a task that is in a queue is there.
        let link = unsafe { task.as_ref() }.next().get();
        // SAFETY: its link is the queue's.
        unsafe { *link = ptr::null_mut() };
        let last = self.last.replace(task.as_ptr());
        // SAFETY: as above.
        match unsafe { last.as_ref() } {
            // SAFETY: as above.
            Some(last) => unsafe { *last.next().get() = task.as_ptr() },
            None => self.first.set(task.as_ptr()),
        }
        if kernel::PICKS {
            self.len.set(self.len.get() + 1);
        }
    }

    /// The task that is next: the first one, outside a simulation.
    #[inline]
    pub(crate) fn pop(&self) -> Option<Task> {
        let first = NonNull::new(self.first.get())?;
        for _ in 0..kernel::pick(self.len.get()) {
            self.rotate();
        }
        let first = match kernel::PICKS {
            true => NonNull::new(self.first.get())?,
            false => first,
        };
        // SAFETY: a task that is in a queue is there.
        let link = unsafe { first.as_ref() }.next().get();
        // SAFETY: its link is the queue's.
        let next = unsafe { *link };
        self.first.set(next);
        if next.is_null() {
            self.last.set(next);
        }
        if kernel::PICKS {
            self.len.set(self.len.get() - 1);
        }
        // SAFETY: `push` made it of a task, and it has just left the queue.
        Some(unsafe { Task::from_raw(first) })
    }
    // ANCHOR_END: push

    /// The first becomes the last.
    fn rotate(&self) {
        let first = self.first.get();
        // SAFETY: a task that is in the queue is there; its link is the queue's.
        let Some(task) = (unsafe { first.as_ref() }) else {
            return;
        };
        // SAFETY: as above.
        let next = unsafe { task.next().get().replace(ptr::null_mut()) };
        // SAFETY: as above.
        let Some(last) = (unsafe { self.last.get().as_ref() }) else {
            return;
        };
        if next.is_null() {
            return;
        }
        self.first.set(next);
        // SAFETY: as above.
        unsafe { *last.next().get() = first };
        self.last.set(first);
    }
}

impl fmt::Debug for RunQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunQueue")
            .field("is_empty", &self.is_empty())
            .finish()
    }
}
