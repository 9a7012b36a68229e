//! A wake that comes while the finder looks: tried at every moment at which
//! another thread could get one of its locks.
//!
//! The file is compiled once more, with locks that do something when they are
//! let go.

#[path = "../src/finder.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod finder;

mod future {
    //! What `finder.rs` says `crate::future` for.
    pub use ch08_reactor_executor::{Future, PollState, Waker};
}

mod sync {
    //! `crate::sync`, with a piece of work for one of the moments after a lock
    //! was let go.

    use std::cell::RefCell;
    use std::ops::{Deref, DerefMut};
    use std::sync;

    type Work = Box<dyn FnOnce()>;

    thread_local! {
        /// How many unlocks are still to come before it, and what to do.
        static WORK: RefCell<Option<(usize, Work)>> =
            const { RefCell::new(None) };
    }

    /// Does `work` after so many unlocks and one more.
    pub fn after(unlocks: usize, work: impl FnOnce() + 'static) {
        WORK.set(Some((unlocks, Box::new(work))));
    }

    /// Has it been done? If not, it never will be.
    pub fn is_done() -> bool {
        WORK.take().is_none()
    }

    #[derive(Debug, Default)]
    pub struct Mutex<T>(sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub fn new(value: T) -> Self {
            Self(sync::Mutex::new(value))
        }
    }

    pub struct Guard<'a, T>(Option<sync::MutexGuard<'a, T>>);

    pub fn lock<T>(mutex: &Mutex<T>) -> Guard<'_, T> {
        Guard(Some(mutex.0.lock().expect("it is not poisoned")))
    }

    impl<T> Deref for Guard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.0.as_ref().expect("it is locked")
        }
    }

    impl<T> DerefMut for Guard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.0.as_mut().expect("it is locked")
        }
    }

    impl<T> Drop for Guard<'_, T> {
        fn drop(&mut self) {
            drop(self.0.take());
            let due = WORK.with_borrow_mut(|work| match work {
                Some((0, _)) => work.take(),
                Some((unlocks, _)) => {
                    *unlocks -= 1;
                    None
                }
                None => None,
            });
            if let Some((_, work)) = due {
                work();
            }
        }
    }
}

use finder::{Finder, Watched};
use future::{Future, PollState, Waker};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Waits, and leaves its waker where the test finds it.
struct Leaves(Rc<RefCell<Option<Waker>>>);

impl Future for Leaves {
    type Output = ();

    fn poll(&mut self, waker: &Waker) -> PollState<()> {
        *self.0.borrow_mut() = Some(waker.clone());
        PollState::NotReady
    }
}

/// Lets a future wait, and wakes it at each unlock that `look` comes to.
/// Gives how many those were.
fn woken_during(look: fn(&Finder, &mut Watched<Leaves>)) -> usize {
    let mut unlocks = 0;
    loop {
        let left = Rc::default();
        let finder = Finder::new(Duration::ZERO);
        let mut watched = finder.watch("left", Leaves(Rc::clone(&left)));
        assert!(!watched.poll(Waker::noop()).is_ready());
        let waker = left.take().expect("it has left one");
        sync::after(unlocks, move || waker.wake());
        look(&finder, &mut watched);
        if !sync::is_done() {
            return unlocks;
        }
        unlocks += 1;
    }
}

/// It once read the state and counted the wakers afterwards. A wake in between
/// had come and gone, and was reported as forgotten.
#[test]
fn a_future_that_is_being_woken_is_not_reported() {
    let unlocks = woken_during(|finder, _| {
        assert_eq!(finder.waiting(), []);
    });
    assert!(unlocks >= 2, "{unlocks}");
    let unlocks = woken_during(|finder, watched| {
        assert!(!watched.poll(Waker::noop()).is_ready());
        assert_eq!(finder.late(), []);
    });
    assert!(unlocks >= 2, "{unlocks}");
}
