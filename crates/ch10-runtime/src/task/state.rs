//! The state of a task: one word that every thread may change.
//!
//! Low bits are flags, the rest counts references. This file says what each
//! flag means, who sets it, and what a change of it allows; `task.rs` does it.

use crate::sync::{AtomicUsize, Ordering};

// ANCHOR: flags
/// Woken, and not running yet: the task is in a queue, or the thread that polls
/// it puts it there. Set by a wake, cleared by the start of a run. Whoever sets
/// it while the task neither runs nor is complete has to schedule the task.
pub const SCHEDULED: usize = 1 << 0;
/// A thread polls the future, or drops it: the only one that may touch it.
/// Excludes [`COMPLETE`].
pub const RUNNING: usize = 1 << 1;
/// The future is gone, and what came of it is there. Never cleared.
pub const COMPLETE: usize = 1 << 2;
/// The next run drops the future instead of polling it. Set by an abort.
pub const ABORTED: usize = 1 << 3;
/// There is a join handle. As long as there is, the output is the handle's.
pub const HANDLE: usize = 1 << 4;
/// The handle has left a waker. While this is set, the waker belongs to the
/// thread that completes the task; otherwise to the handle.
pub const JOINER: usize = 1 << 5;
/// The future must stay on the thread of `block_on`. Never changes.
pub const LOCAL: usize = 1 << 6;
/// It runs on the pool, once, and is never woken. Never changes.
pub const BLOCKING: usize = 1 << 7;
/// It has a name, which is kept for the dump (`dump/notes.rs`). Never changes.
pub const NAMED: usize = 1 << 8;
/// One reference: the runtime's (until the task is complete), the handle's, or
/// a waker's.
pub const REFERENCE: usize = 1 << 9;
// ANCHOR_END: flags

/// What a thread that wants to leave a waker has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Nothing: the task is complete, the output is there.
    Complete,
    /// The waker is the handle's own: it may be changed.
    Yours,
}

/// The word.
#[derive(Debug)]
pub struct State(AtomicUsize);

impl State {
    /// A task that is scheduled, with a handle. `kind` is [`LOCAL`],
    /// [`BLOCKING`], [`NAMED`], or nothing.
    pub fn new(kind: usize) -> Self {
        Self(AtomicUsize::new(
            SCHEDULED | HANDLE | kind | (2 * REFERENCE),
        ))
    }

    /// The flags, as they were a moment ago.
    #[inline]
    pub fn load(&self) -> usize {
        // Acquire, with the Release of `complete`: the output is seen.
        self.0.load(Ordering::Acquire)
    }

    // ANCHOR: wake
    /// Something has happened. `true`: the caller has to schedule the task.
    #[inline]
    pub fn wake(&self) -> bool {
        // Release: what came before is seen by the poll that follows. Its
        // `start` acquires, also when a `pause` stands between.
        let old = self.0.fetch_or(SCHEDULED, Ordering::Release);
        old & (SCHEDULED | RUNNING | COMPLETE) == 0
    }

    /// The next run is to be the last. `true`: the caller has to schedule it.
    pub fn abort(&self) -> bool {
        // Release, as in `wake`.
        let old = self.0.fetch_or(ABORTED | SCHEDULED, Ordering::Release);
        old & (SCHEDULED | RUNNING | COMPLETE) == 0
    }
    // ANCHOR_END: wake

    // ANCHOR: run
    /// The task was taken out of its queue, and is run now. The old flags.
    #[inline]
    pub fn start(&self) -> usize {
        // It is scheduled and does not run, so both bits change; an addition
        // is one instruction, where another change is a loop. Acquire, with
        // the Release of `wake` (what the future waited for is seen) and of
        // `pause` (what another thread's poll has left is seen).
        self.0.fetch_add(RUNNING - SCHEDULED, Ordering::Acquire)
    }

    /// The poll said pending. `true`: it was woken meanwhile, and the caller
    /// has to schedule it.
    #[inline]
    pub fn pause(&self) -> bool {
        // It runs, so this clears the one bit. Release: the next `start` sees
        // what this poll has changed.
        let old = self.0.fetch_sub(RUNNING, Ordering::Release);
        old & SCHEDULED != 0
    }

    /// The future is gone, and its output is stored. The old flags: the output
    /// is the caller's if there is no handle, the waker if there is one.
    #[inline]
    pub fn complete(&self) -> usize {
        // It runs and is not complete, so both bits change. Release: the handle
        // sees the output. Acquire: its waker is seen.
        self.0.fetch_add(COMPLETE - RUNNING, Ordering::AcqRel)
    }
    // ANCHOR_END: run

    // ANCHOR: join
    /// The handle wants to change its waker.
    pub fn take_joiner(&self) -> Join {
        if self.load() & JOINER == 0 {
            return self.joiner();
        }
        // Acquire: if the task is complete, the output is seen.
        let old = self.0.fetch_and(!JOINER, Ordering::Acquire);
        if old & COMPLETE == 0 {
            return Join::Yours;
        }
        Join::Complete
    }

    fn joiner(&self) -> Join {
        match self.load() & COMPLETE {
            0 => Join::Yours,
            _ => Join::Complete,
        }
    }

    /// The handle has left its waker.
    #[inline]
    pub fn leave_joiner(&self) -> Join {
        // Release: whoever completes the task sees the waker. Acquire: if it
        // is complete, the output is seen.
        let old = self.0.fetch_or(JOINER, Ordering::AcqRel);
        if old & COMPLETE == 0 {
            return Join::Yours;
        }
        Join::Complete
    }

    /// The handle is dropped. The old flags: if the task is complete, the
    /// output is the caller's.
    #[inline]
    pub fn drop_handle(&self) -> usize {
        // There is a handle, so this clears the one bit. Acquire, with the
        // Release of `complete`: the output is seen.
        self.0.fetch_sub(HANDLE, Ordering::Acquire)
    }
    // ANCHOR_END: join

    // ANCHOR: references
    /// One waker more.
    #[inline]
    pub fn add_reference(&self) {
        // Relaxed: the caller has a reference already, as with `Arc`.
        let old = self.0.fetch_add(REFERENCE, Ordering::Relaxed);
        if old > isize::MAX as usize {
            // A program that forgets 2^54 wakers must not get a free task.
            std::process::abort();
        }
    }

    /// One reference less. `true`: it was the last.
    #[inline]
    pub fn drop_reference(&self) -> bool {
        // Release: what was done with this reference comes before the end.
        // Acquire: the end comes after all of it.
        let old = self.0.fetch_sub(REFERENCE, Ordering::AcqRel);
        old / REFERENCE == 1
    }
    // ANCHOR_END: references
}
