//! What `inbox.rs` says `crate::task` for: a task that is a number, which the
//! checker watches.

use crate::sync;
use std::cell::UnsafeCell;
use std::ptr::{self, NonNull};

pub struct Header {
    next: UnsafeCell<*mut Header>,
    value: sync::UnsafeCell<u32>,
}

impl Header {
    pub fn next(&self) -> &UnsafeCell<*mut Header> {
        &self.next
    }
}

pub struct Task(NonNull<Header>);

// SAFETY: that is what the models are about: a race is found.
unsafe impl Send for Task {}

impl Task {
    pub fn new(value: u32) -> Self {
        let header = Header {
            next: UnsafeCell::new(ptr::null_mut()),
            value: sync::UnsafeCell::new(value),
        };
        // Not by a write before the push only: loom has seen it.
        // SAFETY: it is not shared yet.
        header.value.with_mut(|place| unsafe { *place = value });
        Self(NonNull::from(Box::leak(Box::new(header))))
    }

    /// Used up.
    pub fn value(self) -> u32 {
        // SAFETY: it was leaked in `new`, and is freed below.
        let header = unsafe { self.0.as_ref() };
        // If this panics, the task is leaked: to free it would panic again.
        // SAFETY: it is not shared any more.
        let value = header.value.with(|value| unsafe { *value });
        // SAFETY: it was leaked in `new`, and is used once.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
        value
    }

    pub fn into_raw(self) -> NonNull<Header> {
        self.0
    }

    /// # Safety
    ///
    /// From `into_raw`, and used once.
    pub unsafe fn from_raw(task: NonNull<Header>) -> Self {
        Self(task)
    }
}
