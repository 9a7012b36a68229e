//! Stage 3 of chapter 6: `block_on`, which polls a future and sleeps in
//! between.
//!
//! It runs one future. Several tasks, and sleeping in an event queue, are left
//! to chapter 8.

use std::cell::Cell;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

// Under loom the same code runs in all interleavings: `tests/loom.rs`.
#[cfg(futures_loom)]
use loom::sync::{Condvar, Mutex, MutexGuard};
#[cfg(not(futures_loom))]
use std::sync::{Condvar, Mutex, MutexGuard};

// ANCHOR: parker
/// Where one call of [`block_on`] sleeps.
#[derive(Debug)]
pub struct Parker {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The thread is awake, and there is no token.
    Awake,
    /// The thread is in `park`, and there is no token.
    Asleep,
    /// There is a token: a wake that `park` has not yet consumed.
    Woken,
}
// ANCHOR_END: parker

// ANCHOR: park
impl Parker {
    /// Sleeps until there is a token, and takes it.
    pub fn park(&self) {
        let mut state = self.state();
        while *state != State::Woken {
            *state = State::Asleep;
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        *state = State::Awake;
    }

    /// Leaves a token, and ends the sleep if there is one.
    pub fn unpark(&self) {
        let before = mem::replace(&mut *self.state(), State::Woken);
        if before == State::Asleep {
            self.changed.notify_one();
        }
    }

    /// No code that holds the lock can panic, so it is not poisoned.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
// ANCHOR_END: park

// ANCHOR: wake
impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.unpark();
    }
}
// ANCHOR_END: wake

impl Parker {
    /// A parker without a token.
    #[must_use]
    #[allow(
        clippy::new_without_default,
        reason = "under loom there is no default"
    )]
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State::Awake),
            changed: Condvar::new(),
        }
    }
}

/// Runs a future to its end, on this thread, which sleeps while it waits.
///
/// If nothing will ever wake it, it sleeps for ever.
///
/// # Panics
///
/// If this thread is in a `block_on` already: use `.await` there.
///
/// # Examples
///
/// ```
/// assert_eq!(ch06_futures::block_on(async { 6 * 7 }), 42);
/// ```
// ANCHOR: block_on
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let _entered = Entered::new();
    let mut future = pin!(future); // from here on it does not move
    let parker = Arc::new(Parker::new());
    let waker = Waker::from(Arc::clone(&parker));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        parker.park();
    }
}
// ANCHOR_END: block_on

// ANCHOR: entered
thread_local! {
    static BLOCKED_ON: Cell<bool> = const { Cell::new(false) };
}

/// This thread is in a `block_on`, as long as this value lives.
struct Entered;

impl Entered {
    #[track_caller]
    fn new() -> Self {
        let nested = BLOCKED_ON.replace(true);
        assert!(
            !nested,
            "block_on inside block_on would stop the outer future: use .await"
        );
        Self
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        BLOCKED_ON.set(false);
    }
}
// ANCHOR_END: entered
