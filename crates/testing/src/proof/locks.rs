//! The locks of a checker as `crate::sync` has them.

/// What loom and shuttle share, by the name of the checker.
macro_rules! locks {
    ($checker:ident) => {
        use std::cell::Cell;
        use std::ops::{Deref, DerefMut};
        use std::sync::PoisonError;
        use std::time::Duration;

        #[doc(no_inline)]
        pub use ::$checker::sync::{Condvar, Mutex};
        #[doc(no_inline)]
        pub use ::$checker::thread;
        #[doc(no_inline)]
        pub use std::sync::atomic::Ordering;

        /// What a time limit does: a checker has no clock.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Clock {
            /// It is never reached.
            Stands,
            /// It is always reached. Before the sleeper has the lock again,
            /// other threads may have had it.
            Runs,
        }

        thread_local! {
            /// All threads of a model run on the thread of the test.
            static CLOCK: Cell<Clock> = const { Cell::new(Clock::Stands) };
        }

        /// From now on, for this model.
        pub fn set_clock(clock: Clock) {
            CLOCK.set(clock);
        }

        /// The checker's, which also knows of which mutex it is.
        #[derive(Debug)]
        pub struct MutexGuard<'a, T> {
            mutex: &'a Mutex<T>,
            guard: ::$checker::sync::MutexGuard<'a, T>,
        }

        impl<T> Deref for MutexGuard<'_, T> {
            type Target = T;

            fn deref(&self) -> &T {
                &self.guard
            }
        }

        impl<T> DerefMut for MutexGuard<'_, T> {
            fn deref_mut(&mut self) -> &mut T {
                &mut self.guard
            }
        }

        /// Waits for the lock, poisoned or not.
        pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
            let guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
            MutexGuard { mutex, guard }
        }

        /// Lets go of the lock, sleeps until `condvar` is notified, and takes
        /// the lock again.
        pub fn wait<'a, T>(
            condvar: &Condvar,
            MutexGuard { mutex, guard }: MutexGuard<'a, T>,
        ) -> MutexGuard<'a, T> {
            let guard =
                condvar.wait(guard).unwrap_or_else(PoisonError::into_inner);
            MutexGuard { mutex, guard }
        }

        /// As [`wait`], with a time limit: what that does is for the [`Clock`]
        /// to say. Says whether it was reached.
        pub fn wait_timeout<'a, T>(
            condvar: &Condvar,
            guard: MutexGuard<'a, T>,
            _limit: Duration,
        ) -> (MutexGuard<'a, T>, bool) {
            if CLOCK.get() == Clock::Stands {
                return (wait(condvar, guard), false);
            }
            let mutex = guard.mutex;
            drop(guard);
            pass();
            (lock(mutex), true)
        }
    };
}
