//! What several test programs need.

#![allow(dead_code, reason = "not every test program needs all of it")]

use std::cell::Cell;
use std::panic;
use std::rc::Rc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// A test that takes longer hangs; on a busy machine it takes a second.
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

/// Counts how often it, or a clone of it, is dropped.
#[derive(Clone, Default)]
pub struct Dropped(Rc<Cell<usize>>);

impl Dropped {
    /// One that counts when it is dropped.
    pub fn local(&self) -> impl Drop + 'static {
        struct Local(Rc<Cell<usize>>);
        impl Drop for Local {
            fn drop(&mut self) {
                self.0.set(self.0.get() + 1);
            }
        }
        Local(Rc::clone(&self.0))
    }

    /// How many have been dropped.
    pub fn count(&self) -> usize {
        self.0.get()
    }
}

/// Calls its closure when it is dropped.
pub struct OnDrop<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
