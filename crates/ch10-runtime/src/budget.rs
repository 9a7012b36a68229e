//! How much a task may do before others have their turn.
//!
//! A socket that is always ready never says pending, so a task that reads from
//! it would never give its thread back. Each leaf future asks here first, and
//! says pending when the budget of this poll is used up.
//!
//! What polls the leaf can be an executor that isn't ours, which begins no poll
//! of a task. So a budget that is used up is full again after some refusals.

use crate::context;
use std::task::{Context, Poll};

// ANCHOR: proceed
/// How many times leaf futures may be ready within one poll of a task.
const BUDGET: u8 = 128;

/// How many leaves are refused after that. All leaves of the task have to be,
/// or it could go on with the next one; so one that polls more leaves than
/// this at once takes more than its budget.
const REFUSALS: u8 = 128;

/// What is left when a poll begins, counted down to 0: the budget, and then the
/// refusals.
pub(crate) const FULL: u8 = BUDGET - 1 + REFUSALS;

/// May the leaf try? Pending: the task was woken, and comes again after all
/// others that are ready.
#[inline]
pub(crate) fn poll_proceed(cx: &mut Context<'_>) -> Poll<()> {
    context::with_budget(|left| {
        let now = left.get();
        left.set(now.checked_sub(1).unwrap_or(FULL));
        if now >= REFUSALS {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}
// ANCHOR_END: proceed
