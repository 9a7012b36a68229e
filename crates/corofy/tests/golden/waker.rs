//! Polled with a waker.

#[corofy::coroutine(crate = crate::with_waker, waker)]
pub fn waker(limit: u32) -> u32 {
    let mut sum = 0;
    for number in 0..limit {
        sum += crate::with_waker::after(1, number).wait;
    }
    sum
}
