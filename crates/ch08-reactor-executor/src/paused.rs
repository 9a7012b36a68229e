//! A waker that does something when it is cloned: by it, a test or a
//! demonstration makes an unlucky moment come every time.
//!
//! Nothing else of the crate needs it, and nothing else needs `unsafe`.

use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

struct Paused {
    inner: Waker,
    pause: Box<dyn Fn() + Send + Sync>,
}

/// A waker that wakes what `inner` wakes. Each time that it is cloned, it
/// calls `pause` before.
///
/// [`Slot::poll_ready`](crate::Slot::poll_ready) clones its waker after it has
/// looked and before it stores it. That is the moment.
#[must_use]
pub fn paused(inner: Waker, pause: impl Fn() + Send + Sync + 'static) -> Waker {
    let pause = Box::new(pause);
    let paused = Arc::into_raw(Arc::new(Paused { inner, pause }));
    // SAFETY: the functions of `VTABLE` take the pointer for what it is, an
    // `Arc<Paused>` whose count this waker owns. `Paused` is `Send` and `Sync`,
    // and so are they.
    unsafe { Waker::new(paused.cast(), &VTABLE) }
}

static VTABLE: RawWakerVTable =
    RawWakerVTable::new(clone, wake, wake_by_ref, release);

/// # Safety
///
/// `data` is from `paused`, and its waker is alive.
unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the caller's waker owns a count, so the value is alive.
    let this = unsafe { &*data.cast::<Paused>() };
    (this.pause)();
    // SAFETY: the pointer is from `Arc::into_raw`, and a count is owned.
    unsafe { Arc::increment_strong_count(data.cast::<Paused>()) };
    RawWaker::new(data, &VTABLE)
}

/// # Safety
///
/// `data` is from `paused`, and its waker is used up.
unsafe fn wake(data: *const ()) {
    // SAFETY: the waker that is used up gives its count to this value.
    let this = unsafe { Arc::from_raw(data.cast::<Paused>()) };
    this.inner.wake_by_ref();
}

/// # Safety
///
/// `data` is from `paused`, and its waker is alive.
unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the caller's waker owns a count, so the value is alive.
    let this = unsafe { &*data.cast::<Paused>() };
    this.inner.wake_by_ref();
}

/// # Safety
///
/// `data` is from `paused`, and its waker is used up.
unsafe fn release(data: *const ()) {
    // SAFETY: the waker that is used up gives its count to this value.
    drop(unsafe { Arc::from_raw(data.cast::<Paused>()) });
}
