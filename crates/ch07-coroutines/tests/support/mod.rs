//! What several test programs need.

#![allow(dead_code, reason = "not every test program needs all of it")]

use std::panic;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// A test that takes longer hangs; on a busy machine it takes some seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `test` on a thread of its own, and fails if that is not done in time.
#[track_caller]
pub fn within_a_minute<T: Send + 'static>(
    test: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (sender, done) = channel();
    let thread = thread::spawn(move || {
        let result = test();
        let _ = sender.send(());
        result
    });
    if let Err(RecvTimeoutError::Timeout) = done.recv_timeout(PATIENCE) {
        panic!("still not done after {PATIENCE:?}");
    }
    // The sender is gone without a word: the test has panicked.
    thread
        .join()
        .unwrap_or_else(|why| panic::resume_unwind(why))
}
