//! How much a task may do before others have their turn.
//!
//! A socket that is always ready never says pending, so a task that reads from
//! it would never give its thread back. Each leaf future is polled within the
//! budget of its task's poll, and says pending when that is used up. One that is
//! pending has done nothing, and takes no share.
//!
//! What polls the leaf can be an executor that isn't ours, which begins no poll
//! of a task. So a budget that is used up is full again after some refusals, and
//! a task that polls more leaves than that at once takes more than its budget.

use crate::context;
use std::task::{Context, Poll};

// ANCHOR: within
/// How many times leaf futures may be ready within one poll of a task.
const BUDGET: u8 = 128;

/// How many leaves are refused after that: all of the task's have to be, or it
/// could go on with the next one.
const REFUSALS: u8 = 128;

/// What is left when a poll begins. It is counted down to 0.
pub(crate) const FULL: u8 = BUDGET - 1 + REFUSALS;

/// Polls a leaf, which takes a share if it is ready. Without a share left, the
/// task is woken instead, and comes again after all others that are ready.
#[inline]
pub(crate) fn poll_within<T>(
    cx: &mut Context<'_>,
    leaf: impl FnOnce(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    let refused = context::with_budget(|left| {
        let now = left.get();
        if now < REFUSALS {
            left.set(now.checked_sub(1).unwrap_or(FULL));
        }
        now < REFUSALS
    });
    if refused {
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    let polled = leaf(cx);
    if polled.is_ready() {
        // Saturating: a waker that the leaf called may have polled others.
        context::with_budget(|left| left.set(left.get().saturating_sub(1)));
    }
    polled
}
// ANCHOR_END: within
