//! Solution of exercise `park_flag`.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// What the waker of a `block_on` holds.
#[derive(Debug)]
struct Sleeper {
    thread: Thread,
    /// Woken, and not yet polled again.
    woken: AtomicBool,
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        // First the flag, then the token: whoever sees no flag will find the
        // token. Release: pairs with the swap in `block_on`. A swap, so that
        // the poll sees what each of several waking threads did.
        self.woken.swap(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Runs a future to its end.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let sleeper = Arc::new(Sleeper {
        thread: thread::current(),
        woken: AtomicBool::new(false),
    });
    let waker = Waker::from(Arc::clone(&sleeper));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        // Acquire: what the waking thread did is seen by the next poll. Pairs
        // with the swap in `wake`.
        while !sleeper.woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

#[cfg(test)]
#[path = "../exercises/tests/park_flag.rs"]
mod tests;
