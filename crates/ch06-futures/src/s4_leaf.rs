//! Stage 4 of chapter 6: a leaf future by hand, a channel for one value.
//!
//! It leaves out what sends the value: `s4_questions.rs` has a thread for that.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

// Under loom the same code runs in all interleavings: `tests/loom.rs`.
#[cfg(futures_loom)]
use loom::sync::{Arc, Mutex, MutexGuard};
#[cfg(not(futures_loom))]
use std::sync::{Arc, Mutex, MutexGuard};

// ANCHOR: state
/// What the two halves share.
struct Shared<T>(Mutex<State<T>>);

enum State<T> {
    /// No value yet. With the waker of the latest poll, if there was one.
    Waiting(Option<Waker>),
    /// Sent and not yet received.
    Sent(T),
    /// Received, or the other half is gone.
    Closed,
}
// ANCHOR_END: state

// ANCHOR: halves
/// Puts the value in. Dropped without a value, it closes the channel.
pub struct Sender<T>(Arc<Shared<T>>);

/// A future of the value.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Receiver<T>(Arc<Shared<T>>);

/// The sender was dropped without a value, or the value has already been
/// received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;
// ANCHOR_END: halves

/// A channel for one value.
///
/// # Examples
///
/// ```
/// use ch06_futures::{block_on, one_shot};
///
/// let (sender, receiver) = one_shot();
/// sender.send(42).unwrap(); // the receiver is there
/// assert_eq!(block_on(receiver), Ok(42));
/// ```
pub fn one_shot<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared(Mutex::new(State::Waiting(None))));
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

impl<T> Shared<T> {
    /// Whatever holds the lock only moves values and compares wakers. Code
    /// that we did not write (a waker's, a value's destructor) runs while no
    /// lock is held. So the mutex is not poisoned.
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ANCHOR: needs
    /// Whether this waker has to be stored: there is no value yet, and the
    /// stored one, if any, may be of another task. If the answer is no, it is
    /// still no at the second look: only the receiver stores wakers, and what
    /// was sent stays sent.
    fn needs(&self, waker: &Waker) -> bool {
        match &*self.state() {
            State::Waiting(Some(stored)) => !stored.will_wake(waker),
            State::Waiting(None) => true,
            State::Sent(_) | State::Closed => false,
        }
    }
    // ANCHOR_END: needs
}

// ANCHOR: poll
impl<T> Future for Receiver<T> {
    type Output = Result<T, Closed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A first look, to clone the waker while no lock is held.
        // Declared before `state`: if it isn't stored, it is dropped after it.
        let new = self.0.needs(cx.waker()).then(|| cx.waker().clone());
        let mut state = self.0.state(); // the look that counts
        match mem::replace(&mut *state, State::Closed) {
            State::Sent(value) => Poll::Ready(Ok(value)),
            State::Closed => Poll::Ready(Err(Closed)),
            State::Waiting(stored) => {
                let (latest, old) = match new {
                    Some(new) => (Some(new), stored),
                    None => (stored, None),
                };
                *state = State::Waiting(latest);
                drop(state);
                drop(old);
                Poll::Pending
            }
        }
    }
}
// ANCHOR_END: poll

impl<T> Sender<T> {
    /// Puts the value in, and wakes the task that waits for it.
    ///
    /// # Errors
    ///
    /// Gives the value back if the receiver was dropped.
    // ANCHOR: send
    pub fn send(self, value: T) -> Result<(), T> {
        let mut state = self.0.state();
        let waker = match &mut *state {
            State::Waiting(waker) => waker.take(),
            State::Sent(_) | State::Closed => return Err(value),
        };
        *state = State::Sent(value); // first the news,
        drop(state);
        if let Some(waker) = waker {
            waker.wake(); // then the wake, while no lock is held
        }
        Ok(())
    }
    // ANCHOR_END: send
}

// ANCHOR: drops
impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        let State::Waiting(waker) = &mut *state else {
            return; // it was sent, or nothing waits
        };
        let waker = waker.take();
        *state = State::Closed;
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        let before = mem::replace(&mut *state, State::Closed);
        drop(state);
        drop(before); // a value's destructor may do anything: not under a lock
    }
}
// ANCHOR_END: drops

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}
