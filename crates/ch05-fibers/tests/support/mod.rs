//! What several test programs need.

#![allow(dead_code, reason = "not every test program needs all of it")]

use ch05_fibers::{Runtime, RuntimeBuilder};
use std::cell::Cell;
use std::env;
use std::panic;
use std::process::{Command, Output};
use std::rc::Rc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// A runtime.
pub fn runtime() -> Runtime {
    built(Runtime::builder())
}

/// A runtime as it was asked for.
pub fn built(builder: RuntimeBuilder) -> Runtime {
    // SAFETY: what these tests stop in, nothing relies on; those that break this
    // promise do so in a child process.
    unsafe { builder.build() }
}

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

/// By this variable, a child knows that it is one.
const CHILD: &str = "CH05_CHILD";

/// For what ends the process: runs `act` in a child process, which is this test
/// program again, with the one test `name`; and says how it ended, there.
/// `None` in the child, if `act` comes back; and where only this program is
/// emulated, and the kernel cannot start another one: then the emulator reports
/// 127, and nothing has been tested.
pub fn in_a_child(name: &str, act: impl FnOnce()) -> Option<Output> {
    if env::var_os(CHILD).is_some() {
        act();
        return None;
    }
    let program = env::current_exe().expect("this program has a path");
    let output = Command::new(program)
        .args([name, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "1")
        // A process that ends early does not free everything.
        .env(
            "ASAN_OPTIONS",
            "detect_leaks=0:detect_stack_use_after_return=0",
        )
        .output()
        .expect("it has been started once");
    if output.status.code() == Some(127) {
        eprintln!("not tested: this emulator cannot start a child");
        return None;
    }
    Some(output)
}
