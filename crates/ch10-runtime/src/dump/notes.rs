//! What only a dump needs: names of tasks, and since when they wait.

use crate::context::TaskId;
use crate::sync::{Mutex, lock};
use crate::task::{Header, state};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Does any runtime of this process want to know since when?
static TRACKED: AtomicBool = AtomicBool::new(false);

/// See [`TRACKED`]: the one thing that is asked where nothing is noted.
#[inline]
pub(crate) fn is_tracked() -> bool {
    // Relaxed: a runtime that tracks is made before its tasks.
    TRACKED.load(Ordering::Relaxed)
}

/// The notes of one runtime.
#[derive(Debug)]
pub(crate) struct Notes {
    /// Of those that have one.
    names: Mutex<HashMap<TaskId, String>>,
    /// When a task has left a waker for the last time, if that is tracked.
    waits: Option<Mutex<HashMap<TaskId, Instant>>>,
}

impl Notes {
    pub(crate) fn new(track_waits: bool) -> Self {
        if track_waits {
            TRACKED.store(true, Ordering::Relaxed);
        }
        Self {
            names: Mutex::default(),
            waits: track_waits.then(Mutex::default),
        }
    }

    pub(crate) fn name(&self, task: TaskId, name: String) {
        lock(&self.names).insert(task, name);
    }

    pub(crate) fn name_of(&self, task: TaskId) -> Option<String> {
        lock(&self.names).get(&task).cloned()
    }

    pub(crate) fn begins_to_wait(&self, task: Option<TaskId>) {
        if let (Some(waits), Some(task)) = (&self.waits, task) {
            lock(waits).insert(task, crate::kernel::now());
        }
    }

    pub(crate) fn waits_since(&self, task: TaskId) -> Option<Instant> {
        lock(self.waits.as_ref()?).get(&task).copied()
    }

    /// The task has ended.
    #[inline]
    pub(crate) fn forget(&self, task: &Header) {
        if task.flags() & state::NAMED != 0 {
            lock(&self.names).remove(&task.id());
        }
        if let Some(waits) = &self.waits {
            lock(waits).remove(&task.id());
        }
    }
}
