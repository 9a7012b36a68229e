//! The record of what has happened, written by the server's thread and read by
//! its handle, which know nothing else of each other.

use crate::request::Request;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What the server's thread and its handle share.
#[derive(Debug)]
pub(crate) struct Shared {
    record_limit: usize,
    record: Mutex<Record>,
    /// Signalled after each request that was read.
    read_one: Condvar,
}

/// What has happened so far.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// The first ones, as many as are kept.
    pub(crate) requests: Vec<Request>,
    /// How many were read, kept or not.
    pub(crate) request_count: usize,
    /// How many connections were accepted.
    pub(crate) accepted: usize,
    /// How many of them are open.
    pub(crate) open: usize,
    /// How often the thread has woken up.
    pub(crate) wake_ups: u64,
}

impl Shared {
    /// Nothing has happened yet; the first `record_limit` requests are kept.
    pub(crate) fn new(record_limit: usize) -> Self {
        let (record, read_one) = Default::default();
        Self {
            record_limit,
            record,
            read_one,
        }
    }

    /// The record. No code that can panic runs while it is locked, so what a
    /// poisoned lock protects is whole.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request was read; it is made only if it is to be kept.
    pub(crate) fn record(&self, request: impl FnOnce() -> Request) {
        let mut record = self.lock();
        record.request_count += 1;
        if record.requests.len() < self.record_limit {
            record.requests.push(request());
        }
        drop(record);
        self.read_one.notify_all();
    }

    /// The record, once `count` requests were read or the time is over.
    pub(crate) fn wait_for_requests(
        &self,
        count: usize,
        timeout: Duration,
    ) -> MutexGuard<'_, Record> {
        let missing = |record: &mut Record| record.request_count < count;
        let (record, _) = self
            .read_one
            .wait_timeout_while(self.lock(), timeout, missing)
            .unwrap_or_else(PoisonError::into_inner);
        record
    }

    /// A connection was accepted.
    pub(crate) fn connection_opened(&self) {
        let mut record = self.lock();
        record.accepted += 1;
        record.open += 1;
    }

    /// A connection was dropped.
    pub(crate) fn connection_closed(&self) {
        self.lock().open -= 1;
    }

    /// The thread has woken up.
    pub(crate) fn count_wake_up(&self) {
        self.lock().wake_ups += 1;
    }
}
