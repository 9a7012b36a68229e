//! Code of others that may panic where it must not stop the runtime: futures,
//! destructors, wakers.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::Waker;

/// What a panic was called with.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs code of others.
///
/// # Errors
///
/// What it has panicked with.
pub(crate) fn quietly<T>(code: impl FnOnce() -> T) -> Result<T, Payload> {
    catch_unwind(AssertUnwindSafe(code))
}

/// There is nothing to be told of the panic. Its payload can have a destructor,
/// which can panic, too: what that one leaves is leaked.
pub(crate) fn discard<T>(done: Result<T, Payload>) {
    if let Err(payload) = done
        && let Err(another) = quietly(|| drop(payload))
    {
        mem::forget(another);
    }
}

/// Wakes a task. If that panics, the others must still be served.
#[inline]
pub(crate) fn wake_quietly(waker: Waker) {
    discard(quietly(|| waker.wake()));
}

/// Wakes all of them, also if some panic. The first panic is passed on then.
pub(crate) fn wake_all(wakers: impl IntoIterator<Item = Waker>) {
    let mut first = None;
    for waker in wakers {
        let woken = quietly(|| waker.wake());
        match (woken, &first) {
            (Err(payload), None) => first = Some(payload),
            (woken, _) => discard(woken),
        }
    }
    if let Some(payload) = first {
        resume_unwind(payload);
    }
}
