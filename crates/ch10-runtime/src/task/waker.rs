//! The waker of a task: a reference to it, in the form that std asks for.

use super::{Header, schedule};
use std::ptr::NonNull;
use std::task::{RawWaker, RawWakerVTable, Waker};

// ANCHOR: waker
static VTABLE: RawWakerVTable =
    RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

/// A waker that owns a reference to the task.
///
/// # Safety
///
/// The task is there, and one of its references becomes the waker's.
pub(super) unsafe fn waker(task: NonNull<Header>) -> Waker {
    let raw = RawWaker::new(task.as_ptr().cast_const().cast(), &VTABLE);
    // SAFETY: the functions of the table keep the contract of `RawWaker`: each
    // may be called from any thread, and the reference keeps the task.
    unsafe { Waker::from_raw(raw) }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: `data` is from a waker that is there, so the task is.
    let header = unsafe { header(data).as_ref() };
    header.state.add_reference();
    RawWaker::new(data, &VTABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: as the caller of `wake` promises.
    unsafe { wake_by_ref(data) };
    // SAFETY: the waker is used up, and its reference with it.
    unsafe { drop_waker(data) };
}

unsafe fn wake_by_ref(data: *const ()) {
    let task = header(data);
    // SAFETY: `data` is from a waker that is there, so the task is.
    let woken = unsafe { task.as_ref() }.state.wake();
    if woken {
        // SAFETY: the state said that we have to.
        unsafe { schedule(task) };
    }
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: the reference of this waker, which is gone after this.
    unsafe { super::drop_reference(header(data)) };
}
// ANCHOR_END: waker

fn header(data: *const ()) -> NonNull<Header> {
    // SAFETY: it was made of a `NonNull` in `waker`.
    unsafe { NonNull::new_unchecked(data.cast::<Header>().cast_mut()) }
}
