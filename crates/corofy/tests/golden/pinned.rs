//! Polled with a waker, and pinned.

#[corofy::coroutine(crate = crate::pinned_with_waker, pinned)]
pub fn pinned(limit: u32) -> u32 {
    let first = crate::pinned_with_waker::after(1, limit).wait;
    crate::pinned_with_waker::after(first as usize, first).wait
}
