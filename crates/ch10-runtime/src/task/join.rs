//! Waiting for a task: the handle to its output.

use super::{Header, TaskId, drop_reference, schedule};
use crate::context;
use crate::panics::quietly;
use crate::task::state::{self, Join};
use std::any::Any;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

// ANCHOR: handle
/// What is left of a task when it was spawned: a future of its output.
///
/// Dropping it detaches the task, which continues without it; its output is
/// dropped when it ends. A task that is no longer wanted has to be aborted.
///
/// Cancel safe: if the handle is kept, a wait that was given up can be begun
/// again.
pub struct JoinHandle<T> {
    task: NonNull<Header>,
    /// It owns an output, if there is one.
    output: PhantomData<T>,
}
// ANCHOR_END: handle

// SAFETY: all that a handle reaches of another thread's is the state, which is
// atomic, and what the state gives it: the output, which may be sent.
unsafe impl<T: Send> Send for JoinHandle<T> {}
// SAFETY: by reference it only asks and aborts.
unsafe impl<T: Send> Sync for JoinHandle<T> {}

impl<T> Unpin for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// # Safety
    ///
    /// One reference, and the flag HANDLE, are this handle's. The output of the
    /// task is a `T`.
    pub(super) unsafe fn new(task: NonNull<Header>) -> Self {
        Self {
            task,
            output: PhantomData,
        }
    }

    fn header(&self) -> &Header {
        // SAFETY: the handle's reference keeps it.
        unsafe { self.task.as_ref() }
    }

    /// The number by which [`dump`](crate::dump) calls the task.
    pub fn id(&self) -> TaskId {
        self.header().id
    }

    /// Asks for the end of the task: its future is dropped where it waits, on
    /// its own thread, soon after this call and never in the midst of a poll.
    ///
    /// A task that ends by itself before has ended by itself. A job of
    /// [`spawn_blocking`](crate::spawn_blocking) that has begun is not stopped.
    pub fn abort(&self) {
        if self.header().state.abort() {
            // SAFETY: the state said so.
            unsafe { schedule(self.task) };
        }
    }

    /// Has it ended, in whatever way?
    pub fn is_finished(&self) -> bool {
        self.header().flags() & state::COMPLETE != 0
    }

    /// What came of it; it is complete.
    fn take(&self) -> Result<T, JoinError> {
        let mut output: Option<Result<T, JoinError>> = None;
        let take = self.header().vtable.take;
        // SAFETY: complete, and we are its handle; the output is a `T`.
        unsafe { take(self.task, (&raw mut output).cast()) };
        output.expect("a join handle was polled again after it was ready")
    }

    // ANCHOR: leave
    /// Leaves the waker for the end of the task. Not needed if it is complete.
    fn leave(&self, waker: &Waker) -> Join {
        let header = self.header();
        if header.state.take_joiner() == Join::Complete {
            return Join::Complete;
        }
        // SAFETY: JOINER is not set and the task was not complete, so the
        // waker is the handle's: also if it becomes complete now.
        let place = unsafe { &mut *header.join_waker.get() };
        match place {
            Some(old) if old.will_wake(waker) => {}
            _ => *place = Some(waker.clone()),
        }
        header.note_joiner(context::current_task());
        header.state.leave_joiner()
    }
    // ANCHOR_END: leave
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    // ANCHOR: poll
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.is_finished() && self.leave(cx.waker()) == Join::Yours {
            return Poll::Pending;
        }
        Poll::Ready(self.take())
    }
    // ANCHOR_END: poll
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        let header = self.header();
        let old = header.state.drop_handle();
        if old & state::COMPLETE != 0 {
            let drop_output = header.vtable.drop_output;
            // SAFETY: complete, and we are its handle.
            let dropped = quietly(|| unsafe { drop_output(self.task) });
            // SAFETY: the handle's reference.
            unsafe { drop_reference(self.task) };
            if let Err(panic) = dropped {
                std::panic::resume_unwind(panic);
            }
            return;
        }
        // SAFETY: the handle's reference.
        unsafe { drop_reference(self.task) };
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("id", &self.id())
            .field("finished", &self.is_finished())
            .finish()
    }
}

// ANCHOR: error
/// Why a task has no output.
pub struct JoinError(Why);

enum Why {
    Cancelled,
    Panicked(Box<dyn Any + Send>),
    NoThread(io::Error),
}
// ANCHOR_END: error

// SAFETY: a shared `JoinError` gives the payload out as text only (`message`),
// never by a reference of its own type.
unsafe impl Sync for JoinError {}

impl JoinError {
    pub(crate) fn cancelled() -> Self {
        Self(Why::Cancelled)
    }

    pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> Self {
        Self(Why::Panicked(payload))
    }

    pub(crate) fn no_thread(error: io::Error) -> Self {
        Self(Why::NoThread(error))
    }

    /// The system has no thread for it: the error of the attempt to create one.
    pub fn io_error(&self) -> Option<&io::Error> {
        match &self.0 {
            Why::NoThread(error) => Some(error),
            Why::Cancelled | Why::Panicked(_) => None,
        }
    }

    /// It was aborted, or the runtime was shut down.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0, Why::Cancelled)
    }

    /// Its future has panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.0, Why::Panicked(_))
    }

    /// What the future has panicked with, for
    /// [`resume_unwind`](std::panic::resume_unwind).
    ///
    /// # Errors
    ///
    /// Gives the error back if it is not a panic.
    pub fn into_panic(self) -> Result<Box<dyn Any + Send>, Self> {
        match self.0 {
            Why::Panicked(payload) => Ok(payload),
            _ => Err(self),
        }
    }

    /// The text that it panicked with, if it was a text.
    pub fn message(&self) -> Option<&str> {
        let Why::Panicked(payload) = &self.0 else {
            return None;
        };
        let text = payload.downcast_ref::<&'static str>().copied();
        text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0, self.message()) {
            (Why::Cancelled, _) => f.write_str("the task was cancelled"),
            (Why::NoThread(error), _) => {
                write!(f, "no thread could be created for the job: {error}")
            }
            (_, Some(text)) => write!(f, "the task panicked: {text}"),
            (_, None) => f.write_str("the task panicked"),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl std::error::Error for JoinError {}

/// So that a program whose errors are those of I/O can say `?`.
impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> Self {
        match error.0 {
            Why::NoThread(error) => error,
            _ => Self::other(error),
        }
    }
}
