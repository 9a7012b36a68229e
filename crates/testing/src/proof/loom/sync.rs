//! `crate::sync` under loom: the operations of a library's own, each of which a
//! mutant can make weaker.

use super::{Instead, instead};
use loom::sync::atomic;
use std::panic::Location;

locks!(loom);

#[doc(no_inline)]
pub use loom::cell::UnsafeCell;
// Not loom's: dropping that one after a deadlock was found is a second panic.
#[doc(no_inline)]
pub use std::sync::Arc;

/// loom tries every other thread at each step anyway.
fn pass() {}

/// The ordering to use at a place of the source.
fn ordering(place: &Location<'_>, wanted: Ordering) -> Ordering {
    match instead(place, wanted) {
        Some(Instead::Weaker(weaker)) => weaker,
        _ => wanted,
    }
}

macro_rules! atomic {
    ($name:ident($($of:tt)*): $value:ty; $($bounds:tt)*) => {
        /// loom's, which looks for a mutant at each operation.
        #[derive(Debug)]
        pub struct $name$($bounds)*(atomic::$name$($bounds)*);

        impl$($bounds)* $name$($bounds)* {
            /// With this value.
            pub fn new(value: $value) -> Self {
                Self(atomic::$name::new(value))
            }

            /// As std's.
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                match instead(Location::caller(), order) {
                    Some(Instead::Weaker(weaker)) => self.0.load(weaker),
                    Some(Instead::Blind) => $($of)*,
                    _ => self.0.load(order),
                }
            }

            /// As std's.
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                self.0.store(value, ordering(Location::caller(), order));
            }

            /// As std's.
            #[track_caller]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                match instead(Location::caller(), order) {
                    Some(Instead::Weaker(weaker)) => {
                        self.0.swap(value, weaker)
                    }
                    Some(Instead::Store) => {
                        self.0.store(value, Ordering::Release);
                        value // nothing was read
                    }
                    _ => self.0.swap(value, order),
                }
            }

            /// As std's.
            ///
            /// # Errors
            ///
            /// As std's.
            #[track_caller]
            pub fn compare_exchange(
                &self,
                from: $value,
                to: $value,
                done: Ordering,
                failed: Ordering,
            ) -> Result<$value, $value> {
                match instead(Location::caller(), done) {
                    Some(Instead::Weaker(weaker)) => {
                        self.0.compare_exchange(from, to, weaker, failed)
                    }
                    Some(Instead::Store) => Ok(self.0.swap(to, done)),
                    _ => self.0.compare_exchange(from, to, done, failed),
                }
            }

            /// As std's, but it never fails without a reason, as loom's is the
            /// strong one.
            ///
            /// # Errors
            ///
            /// As std's.
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                from: $value,
                to: $value,
                done: Ordering,
                failed: Ordering,
            ) -> Result<$value, $value> {
                self.compare_exchange(from, to, done, failed)
            }
        }
    };
}

atomic!(AtomicUsize(0): usize;);
atomic!(AtomicBool(false): bool;);
atomic!(AtomicPtr(std::ptr::null_mut()): *mut T; <T>);

macro_rules! arithmetic {
    ($($name:ident)*) => {
        impl AtomicUsize {$(
            /// As std's.
            #[track_caller]
            pub fn $name(&self, value: usize, order: Ordering) -> usize {
                self.0.$name(value, ordering(Location::caller(), order))
            }
        )*}
    };
}

arithmetic!(fetch_add fetch_sub fetch_or fetch_and fetch_xor);

/// As std's.
#[track_caller]
pub fn fence(order: Ordering) {
    match instead(Location::caller(), order) {
        Some(Instead::Weaker(weaker)) => atomic::fence(weaker),
        Some(Instead::Nothing) => {}
        _ => atomic::fence(order),
    }
}
