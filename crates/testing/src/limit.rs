//! A test that hangs fails, and the others run.

use std::panic;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// A test that takes longer hangs; on a busy machine it takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `test` on a thread of its own, and gives what it returns.
///
/// # Panics
///
/// When that is not done within a minute, and with the panic of `test`.
#[track_caller]
pub fn within_a_minute<T: Send + 'static>(
    test: impl FnOnce() -> T + Send + 'static,
) -> T {
    within(PATIENCE, test)
}

/// The same with a limit of your own.
///
/// # Panics
///
/// When `test` is not done within `limit`, and with the panic of `test`. A
/// thread that is not done is left behind, and ends with the process.
///
/// ```should_panic
/// use std::time::Duration;
/// testing::within(Duration::from_millis(20), || std::thread::park());
/// ```
#[track_caller]
pub fn within<T: Send + 'static>(
    limit: Duration,
    test: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (sender, done) = channel();
    let thread = thread::spawn(move || {
        let result = test();
        // Nothing receives it if the time was over before.
        let _ = sender.send(());
        result
    });
    if let Err(RecvTimeoutError::Timeout) = done.recv_timeout(limit) {
        panic!("still not done after {limit:?}");
    }
    // The sender is gone without a word: the test has panicked.
    thread
        .join()
        .unwrap_or_else(|why| panic::resume_unwind(why))
}
