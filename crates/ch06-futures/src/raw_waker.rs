//! A waker built from its raw parts, for chapter 6: it records which of the
//! four entries of its table were called.
//!
//! A real waker would do something when it is woken; this one leaves that out.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{RawWaker, RawWakerVTable, Waker};

/// An entry of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// The waker was copied.
    Clone,
    /// It was woken and used up.
    Wake,
    /// It was woken and kept.
    WakeByRef,
    /// It was dropped.
    Drop,
}

// ANCHOR: record
/// Records the calls. Each waker made from it owns one `Arc<Record>`, held as
/// a raw pointer.
#[derive(Debug, Default)]
pub struct Record(Mutex<Vec<Call>>);
// ANCHOR_END: record

// ANCHOR: new
/// The table: one for all wakers of this kind.
static TABLE: RawWakerVTable =
    RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

impl Record {
    /// A waker that records its calls here.
    pub fn waker(self: &Arc<Self>) -> Waker {
        let data = Arc::into_raw(Arc::clone(self)).cast();
        // SAFETY: `data` owns one `Arc`, as the four functions below expect,
        // and `Record` is `Send` and `Sync`: any thread may use it, and any may
        // drop the last share.
        unsafe { Waker::new(data, &TABLE) }
    }
}
// ANCHOR_END: new

impl Record {
    /// The calls so far. They are taken away.
    pub fn take(&self) -> Vec<Call> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *calls)
    }

    fn note(&self, call: Call) {
        let calls = self.0.lock();
        calls.unwrap_or_else(PoisonError::into_inner).push(call);
    }
}

// ANCHOR: table
unsafe fn clone(data: *const ()) -> RawWaker {
    let record: *const Record = data.cast();
    // SAFETY: the waker that is cloned owns an `Arc`, so the record lives.
    unsafe { &*record }.note(Call::Clone);
    // SAFETY: the pointer came from `Arc::into_raw`, and the cloned waker's
    // `Arc` keeps the record alive; the new count belongs to the new waker.
    unsafe { Arc::increment_strong_count(record) };
    RawWaker::new(data, &TABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: `Waker::wake` consumes the waker without dropping it, so the
    // `Arc` that it owned is ours, and goes at the end.
    let record: Arc<Record> = unsafe { Arc::from_raw(data.cast()) };
    record.note(Call::Wake);
}

unsafe fn wake_by_ref(data: *const ()) {
    let record: *const Record = data.cast();
    // SAFETY: the waker lives on, and with it the `Arc` that it owns.
    unsafe { &*record }.note(Call::WakeByRef);
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: the waker is being dropped, so its `Arc` is ours to give back.
    let record: Arc<Record> = unsafe { Arc::from_raw(data.cast()) };
    record.note(Call::Drop);
}
// ANCHOR_END: table
