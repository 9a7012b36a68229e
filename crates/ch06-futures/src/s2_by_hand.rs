//! Stage 2 of chapter 6: a future that is polled by hand, and a waker that
//! counts.
//!
//! It leaves out the executor: whoever calls `poll` decides when to call it
//! again.

use crate::quiet::println;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake};

// ANCHOR: yield_now
/// Is pending once, and then ready.
#[derive(Debug)]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        cx.waker().wake_by_ref(); // it is worth asking again, at once
        Poll::Pending
    }
}
// ANCHOR_END: yield_now

/// Lets the executor poll others first, if it has any.
#[must_use]
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

// ANCHOR: two_halves
/// Pauses once, halfway through.
pub async fn two_halves() -> u32 {
    println!("  the first half");
    yield_now().await;
    println!("  the second half");
    7
}
// ANCHOR_END: two_halves

/// A waker that does nothing but count.
#[derive(Debug, Default)]
pub struct CountWakes(AtomicUsize);

impl Wake for CountWakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Relaxed: the number is all that is passed on.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl CountWakes {
    /// How many wakes there were.
    #[must_use]
    pub fn count(&self) -> usize {
        // Relaxed: see `wake_by_ref`.
        self.0.load(Ordering::Relaxed)
    }
}
