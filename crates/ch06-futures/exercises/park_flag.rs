//! Exercise `park_flag`: a `block_on` built on `thread::park` that survives.
//!
//! 15 minutes.
//!
//! The token of `thread::park` is shared: other code on the thread takes it,
//! and other code leaves one. Write `block_on` with `thread::park` all the
//! same: no wake-up is lost, and the future is polled after a wake and not
//! after a stray unpark.
//!
//! Hint: the token may come and go; a flag of your own may not. Who sets it,
//! who clears it, and in which order with `unpark` and `park`? Look at the flag
//! before you sleep, each time.
//!
//! Run: `cargo test --test park_flag`
//!
//! Fails until solved: `exercise park_flag:`

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// What the waker of a `block_on` holds.
#[derive(Debug)]
struct Sleeper {
    thread: Thread, // and what else?
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.thread.unpark();
    }
}

/// Runs a future to its end.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let thread = thread::current();
    let waker = Waker::from(Arc::new(Sleeper { thread }));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        todo!("exercise park_flag: sleep until there was a wake")
    }
}

#[cfg(test)]
#[path = "../exercises/tests/park_flag.rs"]
mod tests;
