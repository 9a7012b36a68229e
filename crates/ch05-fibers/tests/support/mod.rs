//! What several test programs need.

#![allow(dead_code, reason = "not every test program needs all of it")]

use ch05_fibers::{Runtime, RuntimeBuilder};
use std::cell::Cell;
use std::rc::Rc;

/// A runtime.
pub fn runtime() -> Runtime {
    built(Runtime::builder())
}

/// A runtime as it was asked for.
pub fn built(builder: RuntimeBuilder) -> Runtime {
    // SAFETY: what these tests stop in, nothing relies on; those that break this
    // promise do so in a child process.
    unsafe { builder.build() }
}

/// Counts how often it, or a clone of it, is dropped.
#[derive(Clone, Default)]
pub struct Dropped(Rc<Cell<usize>>);

impl Dropped {
    /// One that counts when it is dropped.
    pub fn local(&self) -> impl Drop + 'static {
        struct Local(Rc<Cell<usize>>);
        impl Drop for Local {
            fn drop(&mut self) {
                self.0.set(self.0.get() + 1);
            }
        }
        Local(Rc::clone(&self.0))
    }

    /// How many have been dropped.
    pub fn count(&self) -> usize {
        self.0.get()
    }
}

/// Calls its closure when it is dropped.
pub struct OnDrop<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Limits the addresses of this process to so many bytes, as `ulimit -v` does.
/// Says whether the limit is there: qemu-user accepts it and does nothing.
#[cfg(target_os = "linux")]
pub fn limit_addresses(bytes: u64) -> bool {
    let mut limit = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: bytes,
    };
    // SAFETY: reads the limit.
    unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) };
    // SAFETY: writes the limit.
    unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) };
    limit.rlim_cur == bytes
}
