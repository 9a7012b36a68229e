//! `crate::sync` under shuttle.

use std::cell;

locks!(shuttle);

#[doc(no_inline)]
pub use shuttle::sync::Arc;
#[doc(no_inline)]
pub use shuttle::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, fence};

/// Others may have their turn.
fn pass() {
    thread::yield_now();
}

/// As loom's, without its watch: shuttle has one thread at a time.
#[derive(Debug)]
pub struct UnsafeCell<T>(cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// With this value.
    pub fn new(value: T) -> Self {
        Self(cell::UnsafeCell::new(value))
    }

    /// A look at the value.
    pub fn with<R>(&self, use_it: impl FnOnce(*const T) -> R) -> R {
        use_it(self.0.get())
    }

    /// A change of the value.
    pub fn with_mut<R>(&self, use_it: impl FnOnce(*mut T) -> R) -> R {
        use_it(self.0.get())
    }
}
