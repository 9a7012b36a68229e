//! Waiting for a point in time.

use super::wheel::Entry;
use super::{Waiter, later};
use crate::budget;
use crate::context;
use crate::handle::Shared;
use crate::kernel;
use std::fmt;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Waits for so long, at least. See [`sleep_until`].
///
/// The time counts from this call, not from the first poll. A duration beyond
/// what the clock can count is as long as it can.
///
/// ```
/// use ch10_runtime::{Runtime, time};
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// Runtime::new()?.block_on(time::sleep(Duration::from_millis(5)));
/// assert!(start.elapsed() >= Duration::from_millis(5));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn sleep(time: Duration) -> Sleep {
    sleep_until(later(kernel::now(), time))
}

/// Waits until that time, or a little later: the clock is looked at once a
/// millisecond. It is never early.
///
/// Sleepers with the same deadline are woken in the order in which they were
/// polled first. Dropping one takes its deadline back at the same small cost,
/// however many there are. It is cancel safe in that nothing is lost with it.
///
/// # Panics
///
/// The future panics when it is polled outside a runtime.
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep {
        deadline,
        runtime: None,
        entry: Entry::new(),
        _pinned: PhantomPinned,
    }
}

// ANCHOR: sleep
/// The future of [`sleep`] and [`sleep_until`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Sleep {
    deadline: Instant,
    /// The runtime in whose wheel the entry was set: kept until the entry is
    /// known to be out of it.
    runtime: Option<Arc<Shared>>,
    /// Only looked at under the lock of those timers, once it was set.
    entry: Entry<Waiter>,
    /// The wheel points to the entry.
    _pinned: PhantomPinned,
}
// ANCHOR_END: sleep

// SAFETY: whatever changes the entry holds the lock of its timers; a waiter is
// `Send`. Which thread polls or drops the future makes no difference.
unsafe impl Send for Sleep {}
// SAFETY: a shared reference gives the deadline, which changes only by an
// exclusive one, and nothing else.
unsafe impl Sync for Sleep {}

impl Sleep {
    /// When it ends.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Sets another deadline, earlier or later, even after the last one has
    /// passed. Then it has to be polled.
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        // SAFETY: nothing is moved out of it.
        let this = unsafe { self.get_unchecked_mut() };
        this.cancel();
        this.deadline = deadline;
    }

    /// As `poll`, but it takes nothing from the task's budget.
    // ANCHOR: poll
    pub(crate) fn poll_unbudgeted(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        // SAFETY: nothing is moved out of it.
        let this = unsafe { self.get_unchecked_mut() };
        let Some(runtime) = &this.runtime else {
            return this.start(cx.waker());
        };
        let state = runtime.driver.timers().lock();
        if this.entry.is_set() {
            let waiter = this.entry.value().take();
            let same = |waiter: &Waiter| waiter.waker.will_wake(cx.waker());
            let kept = waiter.as_ref().is_some_and(same);
            this.entry.value().set(waiter);
            drop(state);
            if !kept {
                this.replace(cx.waker());
            }
            return Poll::Pending;
        }
        // It is over, or the runtime is, and then the wheel stands still.
        let over = this.entry.tick() <= state.wheel.now();
        drop(state);
        this.runtime = None;
        match over {
            true => Poll::Ready(()),
            false => this.start(cx.waker()),
        }
    }
    // ANCHOR_END: poll

    /// Sets the entry in the wheel of this thread's runtime.
    // ANCHOR: start
    fn start(&mut self, waker: &Waker) -> Poll<()> {
        let waiter = Waiter::new(waker); // another's code, with nothing locked
        let started = context::with(|shared| {
            let timers = shared.driver.timers();
            let tick = timers.tick_after(self.deadline);
            let mut state = timers.lock();
            if tick <= state.wheel.now() {
                return Poll::Ready(());
            }
            if state.closed {
                drop(state);
                return late(self.deadline, waker);
            }
            self.entry.value().set(Some(waiter));
            let entry = NonNull::from(&self.entry);
            // SAFETY: it is not set. It is pinned, and whoever unsets it holds
            // the lock, `drop` among them.
            unsafe { state.wheel.insert(entry, tick) };
            let early = state.waited_for.is_some_and(|until| tick < until);
            drop(state);
            self.runtime = Some(Arc::clone(shared));
            if early {
                shared.driver.unpark(); // it sleeps for too long
            }
            Poll::Pending
        });
        started.unwrap_or_else(|error| panic!("{error}"))
    }
    // ANCHOR_END: start

    /// Another waker is to be called.
    fn replace(&self, waker: &Waker) {
        let Some(runtime) = &self.runtime else { return };
        let mut waiter = Some(Waiter::new(waker));
        let state = runtime.driver.timers().lock();
        let set = self.entry.is_set();
        if set {
            waiter = self.entry.value().replace(waiter);
        }
        drop(state);
        drop(waiter); // another's code, with nothing locked
        if !set {
            waker.wake_by_ref(); // it has just passed
        }
    }

    // ANCHOR: cancel
    /// Takes the entry out of the wheel, if it is there.
    fn cancel(&mut self) {
        let Some(runtime) = self.runtime.take() else {
            return; // the wheel knows nothing of it
        };
        let mut state = runtime.driver.timers().lock();
        // SAFETY: if it is set, then in the wheel of this runtime.
        unsafe { state.wheel.remove(&self.entry) };
        let waiter = self.entry.value().take();
        drop(state);
        drop(waiter); // another's code, with nothing locked
    }
    // ANCHOR_END: cancel
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        budget::poll_within(cx, |cx| self.poll_unbudgeted(cx))
    }
}

impl Waiter {
    fn new(waker: &Waker) -> Self {
        Self {
            waker: waker.clone(),
            task: context::current_task(),
        }
    }
}

/// For a job of the pool that outlives its runtime, and sleeps: no wheel turns
/// for it any more, so a thread does it.
fn late(deadline: Instant, waker: &Waker) -> Poll<()> {
    let left = deadline.saturating_duration_since(kernel::now());
    if left.is_zero() {
        return Poll::Ready(());
    }
    let later = waker.clone();
    let thread = kernel::spawn_thread("late sleep".to_owned(), move || {
        std::thread::sleep(left);
        later.wake();
    });
    if thread.is_err() {
        waker.wake_by_ref(); // no thread is left: it is asked again and again
    }
    Poll::Pending
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
