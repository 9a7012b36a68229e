//! The list of the tasks of a runtime: for its end, and for a dump.

use super::{Header, Links, Task, schedule};
use std::fmt;
use std::mem;
use std::ptr::{self, NonNull};

// ANCHOR: tasks
/// All tasks that are not complete: a list whose links are in the tasks.
#[derive(Debug)]
pub(crate) struct Tasks(crate::sync::Mutex<List>);

struct List {
    first: *mut Header,
    len: usize,
    /// No task is accepted any more.
    closed: bool,
}
// ANCHOR_END: tasks

// SAFETY: the tasks in it may be sent, as `Task` may.
unsafe impl Send for List {}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("len", &self.len)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self(crate::sync::Mutex::new(List {
            first: ptr::null_mut(),
            len: 0,
            closed: false,
        }))
    }

    /// Takes a task in. `false`: the runtime is shut down.
    #[inline]
    pub(crate) fn insert(&self, task: &Task) -> bool {
        let mut list = crate::sync::lock(&self.0);
        if list.closed {
            return false;
        }
        let (before, after) = (ptr::null_mut(), list.first);
        // SAFETY: the links are the list's, whose lock we have.
        unsafe { *task.header().links.get() = Links { before, after } };
        // SAFETY: a task in the list is there, and its links are the list's.
        if let Some(after) = unsafe { after.as_ref() } {
            // SAFETY: as above.
            unsafe { (*after.links.get()).before = task.0.as_ptr() };
        }
        list.first = task.0.as_ptr();
        list.len += 1;
        true
    }

    /// Takes a task out, if it is in.
    #[inline]
    pub(crate) fn remove(&self, task: NonNull<Header>) {
        let mut list = crate::sync::lock(&self.0);
        // SAFETY: the caller keeps the task.
        let links = unsafe { task.as_ref() }.links.get();
        let none = Links {
            before: ptr::null_mut(),
            after: ptr::null_mut(),
        };
        // SAFETY: the links are the list's, whose lock we have.
        let Links { before, after } =
            mem::replace(unsafe { &mut *links }, none);
        // SAFETY: neighbours are in the list, so they are there.
        match unsafe { before.as_ref() } {
            // SAFETY: the links are the list's.
            Some(before) => unsafe { (*before.links.get()).after = after },
            None if list.first == task.as_ptr() => list.first = after,
            None => return, // it was never taken in
        }
        // SAFETY: neighbours are in the list, so they are there.
        if let Some(after) = unsafe { after.as_ref() } {
            // SAFETY: the links are the list's.
            unsafe { (*after.links.get()).before = before };
        }
        list.len -= 1;
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        crate::sync::lock(&self.0).len
    }

    /// Looks at each, the latest first, under the lock: `visit` must not spawn,
    /// wake or drop anything.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&Header)) {
        let list = crate::sync::lock(&self.0);
        let mut next = list.first;
        // SAFETY: a task in the list is there, as it has the runtime's
        // reference; it is taken out before that is given back.
        while let Some(task) = unsafe { next.as_ref() } {
            visit(task);
            // SAFETY: the links are the list's, whose lock we have.
            next = unsafe { (*task.links.get()).after };
        }
    }

    /// Accepts no more tasks, and aborts those that are there.
    pub(crate) fn close(&self) {
        let mut list = crate::sync::lock(&self.0);
        list.closed = true;
        let mut due = Vec::new();
        let mut next = list.first;
        // SAFETY: as in `for_each`.
        while let Some(task) = unsafe { next.as_ref() } {
            if task.state.abort() {
                due.push(Task(NonNull::from(task)));
            }
            // SAFETY: as in `for_each`.
            next = unsafe { (*task.links.get()).after };
        }
        drop(list);
        for task in due {
            // SAFETY: the state said so.
            unsafe { schedule(task.into_raw()) };
        }
    }
}
