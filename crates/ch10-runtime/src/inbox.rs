//! Where other threads leave tasks that are ready.
//!
//! Many threads push, one takes all. A push is one exchange of a pointer that
//! is tried again if another push came first; taking is one swap.

use crate::sync::{AtomicPtr, Ordering};
use crate::task::{Header, Task};
use std::fmt;
use std::ptr::{self, NonNull};

// ANCHOR: inbox
/// A stack; the links are in the tasks.
pub(crate) struct Inbox {
    latest: AtomicPtr<Header>,
}
// ANCHOR_END: inbox

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            latest: AtomicPtr::new(ptr::null_mut()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        // Relaxed: a hint. `take` looks properly, and whoever pushes sees to
        // it that there is a next look (`Driver::unpark`).
        self.latest.load(Ordering::Relaxed).is_null()
    }

    // ANCHOR: push
    pub(crate) fn push(&self, task: Task) {
        let task = task.into_raw();
        // Relaxed: only the address is used, not what stands there.
        let mut latest = self.latest.load(Ordering::Relaxed);
        loop {
            // SAFETY: the task is there: the runtime's reference came with it.
            let link = unsafe { task.as_ref() }.next().get();
            // SAFETY: until it is in, its link is ours.
            unsafe { *link = latest };
            // Release, with the Acquire of `take`: the link is seen. Taking
            // takes all, so an address that was taken out and came in again
            // does no harm here.
            let (done, failed) = (Ordering::Release, Ordering::Relaxed);
            match self.latest.compare_exchange_weak(
                latest,
                task.as_ptr(),
                done,
                failed,
            ) {
                Ok(_) => return,
                Err(other) => latest = other,
            }
        }
    }
    // ANCHOR_END: push

    // ANCHOR: take
    /// Takes all, and hands them to `each`: the earliest first.
    pub(crate) fn take(&self, mut each: impl FnMut(Task)) {
        // Acquire, with the Release of `push`: the links are seen.
        let mut rest = self.latest.swap(ptr::null_mut(), Ordering::Acquire);
        let mut earlier = ptr::null_mut();
        // The latest is first: turn the list round.
        // SAFETY: a task that was in is there, and its link is ours now.
        while let Some(task) = unsafe { rest.as_ref() } {
            // SAFETY: as above.
            let next = unsafe { task.next().get().replace(earlier) };
            earlier = rest;
            rest = next;
        }
        while let Some(task) = NonNull::new(earlier) {
            // SAFETY: as above; `each` has not got it yet.
            let link = unsafe { task.as_ref() }.next().get();
            // SAFETY: as above.
            earlier = unsafe { *link };
            // SAFETY: `push` made it of a task, and it is out.
            each(unsafe { Task::from_raw(task) });
        }
    }
    // ANCHOR_END: take
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("is_empty", &self.is_empty())
            .finish()
    }
}
