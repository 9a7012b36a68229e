//! How much a task may do before others have their turn.
//!
//! A socket that is always ready never says pending, so a task that reads from
//! it would never give its thread back. Each leaf future asks here first, and
//! says pending, once, when the budget of this poll is used up.
//!
//! After that once there is a new budget: what polls the leaf can be an executor
//! that isn't ours, which begins no poll of a task.

use crate::context;
use std::task::{Context, Poll};

/// How many times leaf futures may be ready within one poll of a task.
pub(crate) const BUDGET: u8 = 128;

// ANCHOR: proceed
/// May the leaf try? Pending: the task was woken, and comes again after all
/// others that are ready.
#[inline]
pub(crate) fn poll_proceed(cx: &mut Context<'_>) -> Poll<()> {
    context::with_budget(|left| match left.get() {
        0 => {
            left.set(BUDGET);
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        some => {
            left.set(some - 1);
            Poll::Ready(())
        }
    })
}
// ANCHOR_END: proceed
