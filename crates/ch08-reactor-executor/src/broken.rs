//! Break it: the two orders that lose a wake-up. Nothing but the
//! demonstrations and the proofs of chapter 8 uses them.

use crate::run_queue::RunQueue;
use crate::slot::{Closed, Slot};
use std::task::Waker;

/// [`Slot::poll_ready`] without its second look. What happens between the
/// look and the store wakes nothing, and is never looked at.
///
/// # Errors
///
/// [`Closed`], if the reactor is gone.
// ANCHOR: poll_ready
pub fn poll_ready(slot: &Slot, waker: &Waker) -> Result<bool, Closed> {
    if slot.take_ready() {
        return Ok(true);
    }
    slot.store(waker)?;
    Ok(false)
}
// ANCHOR_END: poll_ready

/// [`RunQueue::next`], which lets go of the lock between the look and the
/// note. What is pushed in between rouses nothing.
// ANCHOR: next
pub fn next<T>(queue: &RunQueue<T>) -> Option<T> {
    let next = queue.state().jobs.pop_front();
    if next.is_none() {
        queue.state().parked = true;
    }
    next
}
// ANCHOR_END: next
