//! Whether the root future, which `block_on` was given, is to be polled.

use crate::sync::{AtomicBool, Ordering};

// ANCHOR: root
/// Set by the waker of the root future, cleared before its poll.
#[derive(Debug)]
pub struct Root(AtomicBool);

impl Root {
    /// Not woken.
    pub fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// It is to be polled.
    pub fn wake(&self) {
        // Release: what came before is seen by the poll that follows.
        self.0.store(true, Ordering::Release);
    }

    /// Is it to be polled? Asking takes the answer away.
    pub fn take(&self) -> bool {
        // The load spares the exchange where nothing was said. Acquire, with
        // the Release of `wake`: what the future waited for is seen.
        self.is_woken() && self.0.swap(false, Ordering::Acquire)
    }

    /// A hint: whoever wakes it from another thread ends the sleep, too.
    pub fn is_woken(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
// ANCHOR_END: root
