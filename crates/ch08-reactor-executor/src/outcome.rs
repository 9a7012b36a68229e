//! How the output of a task gets to whoever has its handle, on any thread.

use crate::future::{Future, PollState, Waker};
use crate::slot::Slot;
use crate::sync::{Mutex, lock};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

// ANCHOR: types
/// Why a task has no output.
pub enum JoinError {
    /// It has panicked, with this.
    Panicked(Box<dyn Any + Send>),
    /// It was dropped before its end, because its executor was.
    Dropped,
}

/// What a task gives in the end.
pub type JoinResult<T> = Result<T, JoinError>;

/// The output of a task, when there is one. Dropped, it only stops waiting:
/// the task runs on.
#[must_use = "to let the task run alone, say `drop(handle)`"]
pub struct JoinHandle<T>(Arc<Outcome<T>>);

/// The other end, which the task has.
pub(crate) struct Promise<T>(Arc<Outcome<T>>);

struct Outcome<T> {
    output: Mutex<Option<JoinResult<T>>>,
    there: Slot,
}
// ANCHOR_END: types

/// Both ends.
pub(crate) fn outcome<T>() -> (Promise<T>, JoinHandle<T>) {
    let outcome = Arc::new(Outcome {
        output: Mutex::new(None),
        there: Slot::new(),
    });
    (Promise(Arc::clone(&outcome)), JoinHandle(outcome))
}

// ANCHOR: keep
impl<T> Promise<T> {
    /// Keeps it.
    pub(crate) fn keep(self, output: JoinResult<T>) {
        *lock(&self.0.output) = Some(output);
        self.0.there.set_ready();
    }
}

/// Kept or not: nothing will come any more.
impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.0.there.close();
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = JoinResult<T>;

    fn poll(&mut self, waker: &Waker) -> PollState<JoinResult<T>> {
        if self.0.there.poll_ready(waker) == Ok(false) {
            return PollState::NotReady;
        }
        // It was kept, or it never will be.
        let output = lock(&self.0.output).take();
        PollState::Ready(output.unwrap_or(Err(JoinError::Dropped)))
    }
}
// ANCHOR_END: keep

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinHandle")
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Dropped => return f.write_str("Dropped"),
            Self::Panicked(payload) => match payload.downcast_ref::<&str>() {
                Some(text) => text,
                None => payload
                    .downcast_ref::<String>()
                    .map_or("something that is no text", String::as_str),
            },
        };
        f.debug_tuple("Panicked").field(&text).finish()
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(_) => f.write_str("the task has panicked"),
            Self::Dropped => f.write_str("the task was dropped"),
        }
    }
}

impl std::error::Error for JoinError {}

/// So that a program whose errors are those of I/O can say `?`.
impl From<JoinError> for std::io::Error {
    fn from(error: JoinError) -> Self {
        Self::other(error.to_string()) // a panic's payload is not `Sync`
    }
}
