//! Whether the thread at the driver sleeps, and whether it should.

use crate::sync::{AtomicUsize, Ordering};

/// The thread is at work, or is not going to sleep without a look here.
const AWAKE: usize = 0;
/// It sleeps in the queue, or is about to: set by itself, ended by itself.
const PARKED: usize = 1;
/// There is work for it: set by others, cleared by the next try to sleep, or
/// by the end of a sleep.
const NOTIFIED: usize = 2;

// ANCHOR: token
/// One unpark, kept until a sleep is ended or prevented by it.
#[derive(Debug)]
pub struct Token(AtomicUsize);

impl Token {
    pub fn new() -> Self {
        Self(AtomicUsize::new(AWAKE))
    }

    /// May the calling thread sleep? `false` uses up the unpark that forbids
    /// it. One thread at a time.
    pub fn park(&self) -> bool {
        let (from, to) = (AWAKE, PARKED);
        // Relaxed: `AWAKE` is this thread's own, and says nothing of others.
        let (done, failed) = (Ordering::Relaxed, Ordering::Relaxed);
        if self.0.compare_exchange(from, to, done, failed).is_ok() {
            return true;
        }
        self.unparked();
        false
    }

    /// The sleep is over, for whatever reason.
    pub fn unparked(&self) {
        // Acquire, with the Release of `unpark`: its work is seen.
        self.0.swap(AWAKE, Ordering::Acquire);
    }

    /// Leaves an unpark. `true`: a thread sleeps that has to be woken, and no
    /// other call was told so.
    pub fn unpark(&self) -> bool {
        // Release: whatever came before is seen by the thread that awakes.
        self.0.swap(NOTIFIED, Ordering::Release) == PARKED
    }
}
// ANCHOR_END: token
