//! The place where a reactor and a task meet: has it happened, and whom does
//! it wake?
//!
//! It leaves out what has happened. Readable and writable are two slots.

use crate::sync::{AtomicBool, Mutex, Ordering, lock};
use std::mem;
use std::task::Waker;

// ANCHOR: slot
/// One thing that a reactor waits for on behalf of one task.
#[derive(Debug)]
pub struct Slot {
    /// It has happened, and the task has not seen it yet.
    ready: AtomicBool,
    /// Whom to tell.
    waiting: Mutex<Waiting>,
}

#[derive(Debug)]
enum Waiting {
    /// Nothing waits: the waker was called, or none was left.
    Nobody,
    /// The waker of the latest poll.
    Task(Waker),
    /// The reactor is gone: nothing will ever happen here again.
    Closed,
}

/// The reactor is gone, so there is nothing to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;
// ANCHOR_END: slot

impl Slot {
    /// One where nothing has happened and nothing waits.
    #[must_use]
    #[allow(
        clippy::new_without_default,
        reason = "under loom there is no default"
    )]
    pub fn new() -> Self {
        Self {
            ready: AtomicBool::new(false),
            waiting: Mutex::new(Waiting::Nobody),
        }
    }
}

/// The side of the task.
impl Slot {
    /// Has it happened since the last call that said so? If not, `waker` will
    /// be called when it has; a waker of an earlier call will not.
    ///
    /// # Errors
    ///
    /// [`Closed`], if it would have to wait and the reactor is gone.
    // ANCHOR: poll_ready
    pub fn poll_ready(&self, waker: &Waker) -> Result<bool, Closed> {
        if self.take_ready() {
            return Ok(true);
        }
        let stored = self.store(waker);
        if self.take_ready() {
            return Ok(true); // it happened before the store
        }
        stored.map(|()| false)
    }
    // ANCHOR_END: poll_ready

    // ANCHOR: take_ready
    /// The question, which can be answered by yes only once.
    pub(crate) fn take_ready(&self) -> bool {
        // Acquire: pairs with `set_ready`, so that the task sees what the
        // reactor did before.
        self.ready.swap(false, Ordering::Acquire)
    }
    // ANCHOR_END: take_ready

    // ANCHOR: store
    /// Leaves this waker, and throws the one away that was there.
    pub(crate) fn store(&self, waker: &Waker) -> Result<(), Closed> {
        if self.holds(waker)? {
            return Ok(());
        }
        let waker = waker.clone(); // other people's code: nothing is locked
        let mut waiting = lock(&self.waiting);
        if matches!(*waiting, Waiting::Closed) {
            return Err(Closed);
        }
        let old = mem::replace(&mut *waiting, Waiting::Task(waker));
        drop(waiting);
        drop(old); // so is the drop of a waker
        Ok(())
    }

    /// Would this waker replace one that wakes the same task?
    fn holds(&self, waker: &Waker) -> Result<bool, Closed> {
        match &*lock(&self.waiting) {
            Waiting::Nobody => Ok(false),
            Waiting::Task(stored) => Ok(stored.will_wake(waker)),
            Waiting::Closed => Err(Closed),
        }
    }
    // ANCHOR_END: store

    // ANCHOR: forget
    /// Nothing waits here any more: the future was dropped.
    pub fn forget(&self) {
        let mut left = lock(&self.waiting);
        if matches!(*left, Waiting::Closed) {
            return;
        }
        let old = mem::replace(&mut *left, Waiting::Nobody);
        drop(left);
        drop(old);
    }
    // ANCHOR_END: forget

    /// Does it hold a waker?
    #[must_use]
    pub fn is_waited_for(&self) -> bool {
        matches!(*lock(&self.waiting), Waiting::Task(_))
    }
}

/// The side of the reactor.
impl Slot {
    // ANCHOR: set_ready
    /// It has happened: says so, and wakes the task that waits, if one does.
    pub fn set_ready(&self) {
        // Release: pairs with `take_ready`. A store would do as well: why it
        // is a swap, the page "All interleavings" says.
        self.ready.swap(true, Ordering::Release); // first the news,
        let mut waiting = lock(&self.waiting);
        if matches!(*waiting, Waiting::Closed) {
            return;
        }
        let told = mem::replace(&mut *waiting, Waiting::Nobody);
        drop(waiting);
        if let Waiting::Task(waker) = told {
            waker.wake(); // then the wake, with nothing locked
        }
    }
    // ANCHOR_END: set_ready

    // ANCHOR: close
    /// Nothing will happen here any more: the task that waits is woken, and
    /// this one and all later ones get [`Closed`].
    pub fn close(&self) {
        let mut waiting = lock(&self.waiting);
        let left = mem::replace(&mut *waiting, Waiting::Closed);
        drop(waiting);
        if let Waiting::Task(waker) = left {
            waker.wake();
        }
    }
    // ANCHOR_END: close
}
