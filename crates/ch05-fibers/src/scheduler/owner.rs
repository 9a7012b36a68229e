//! What keeps a scheduler: its runtime, every handle, and every socket. The last
//! one to go frees it, with all stacks.
//!
//! An `Rc` would do the same with two words in each handle, and look for a
//! count that overflows: here every owner but the runtime has a stack or a
//! descriptor, so there cannot be that many.

use super::Scheduler;
use std::mem;
use std::ops::Deref;

/// One of the owners.
pub(crate) struct Owner(*const Scheduler);

impl Owner {
    /// The first one.
    pub(super) fn new(scheduler: Scheduler) -> Self {
        let itself = Box::into_raw(Box::new(scheduler));
        // SAFETY: just made, and nothing else knows of it.
        let scheduler = unsafe { &*itself };
        scheduler.itself.set(itself);
        scheduler.owners.set(1);
        Self(scheduler)
    }

    /// The pointer, until [`from_raw`](Self::from_raw) makes an owner of it
    /// again.
    #[inline]
    pub(crate) fn into_raw(self) -> *const Scheduler {
        let raw = self.0;
        mem::forget(self);
        raw
    }

    /// Is it the only one?
    #[inline]
    pub(crate) fn is_last(&self) -> bool {
        self.owners.get() == 1
    }

    /// # Safety
    ///
    /// `raw` must be from [`into_raw`](Self::into_raw), which is undone once.
    #[inline]
    pub(crate) unsafe fn from_raw(raw: *const Scheduler) -> Self {
        Self(raw)
    }
}

impl Scheduler {
    /// One more owner.
    #[inline]
    pub(crate) fn keep(&self) -> Owner {
        self.owners.set(self.owners.get() + 1);
        Owner(self)
    }
}

impl Clone for Owner {
    fn clone(&self) -> Self {
        self.keep()
    }
}

impl Deref for Owner {
    type Target = Scheduler;

    #[inline]
    fn deref(&self) -> &Scheduler {
        // SAFETY: it is there as long as it has an owner, and `self` is one.
        unsafe { &*self.0 }
    }
}

impl Drop for Owner {
    #[inline]
    fn drop(&mut self) {
        let left = self.owners.get() - 1;
        self.owners.set(left);
        if left == 0 {
            #[cold]
            #[inline(never)]
            fn free(scheduler: *mut Scheduler) {
                // SAFETY: from the box of `new`, and the last owner goes.
                drop(unsafe { Box::from_raw(scheduler) });
            }
            free(self.itself.get());
        }
    }
}
