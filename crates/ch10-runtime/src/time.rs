//! Time: sleeping, limits and intervals.
//!
//! A sleeping future is its own entry in the [wheel](wheel) of its runtime, so
//! setting a deadline allocates nothing, and dropping the future takes it back.

mod interval;
mod sleep;
mod timeout;
pub(crate) mod wheel;

pub use interval::{Interval, MissedTicks, interval, interval_at};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Elapsed, Timeout, timeout, timeout_at};

use crate::context::TaskId;
use crate::kernel;
use crate::panics::{discard, quietly, wake_all};
use crate::sync::{Mutex, MutexGuard, lock};
use std::fmt;
use std::task::Waker;
use std::time::{Duration, Instant};
use wheel::Wheel;

// ANCHOR: timers
/// The deadlines of a runtime.
pub(crate) struct Timers {
    /// Tick 0. A tick is a millisecond, as the system's queue waits for whole
    /// ones.
    start: Instant,
    state: Mutex<State>,
}

struct State {
    wheel: Wheel<Waiter>,
    /// A thread sleeps in the queue until this tick.
    waited_for: Option<u64>,
    /// The runtime is gone.
    closed: bool,
}

/// Whom to wake at a deadline.
struct Waiter {
    waker: Waker,
    /// Its task, for a dump.
    task: Option<TaskId>,
}
// ANCHOR_END: timers

/// The time, as deadlines have it.
#[must_use]
pub fn now() -> Instant {
    kernel::now()
}

/// So much later. What the clock cannot count to is as far away as it can.
pub(crate) fn later(from: Instant, by: Duration) -> Instant {
    let mut by = by;
    loop {
        match from.checked_add(by) {
            Some(later) => return later,
            None => by /= 2,
        }
    }
}

impl Timers {
    pub(crate) fn new(start: Instant) -> Self {
        let state = State {
            wheel: Wheel::new(),
            waited_for: None,
            closed: false,
        };
        Self {
            start,
            state: Mutex::new(state),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The first tick that is not before this.
    fn tick_after(&self, deadline: Instant) -> u64 {
        let since = deadline.saturating_duration_since(self.start);
        let part = u64::from(since.subsec_nanos().div_ceil(1_000_000));
        since.as_secs().saturating_mul(1000).saturating_add(part)
    }

    /// The last tick that is not after this.
    fn tick_before(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.start);
        let part = u64::from(since.subsec_millis());
        since.as_secs().saturating_mul(1000).saturating_add(part)
    }

    fn instant(&self, tick: u64) -> Instant {
        later(self.start, Duration::from_millis(tick))
    }

    /// Who waits for a timer, and until when: for a dump.
    pub(crate) fn for_each_waiter(
        &self,
        mut visit: impl FnMut(TaskId, Instant),
    ) {
        self.lock().wheel.for_each(|entry| {
            let waiter = entry.value().take();
            if let Some(task) = waiter.as_ref().and_then(|waiter| waiter.task) {
                visit(task, self.instant(entry.tick()));
            }
            entry.value().set(waiter);
        });
    }

    // ANCHOR: park
    /// The next deadline, or something that is due before. From now on, until
    /// [`fire`](Self::fire), an earlier one asks for an unpark.
    pub(crate) fn park(&self) -> Option<Instant> {
        let mut state = self.lock();
        let next = state.wheel.next();
        state.waited_for = Some(next.unwrap_or(u64::MAX));
        next.map(|tick| self.instant(tick))
    }
    // ANCHOR_END: park

    // ANCHOR: fire
    /// Wakes the tasks whose deadline has passed: how many.
    pub(crate) fn fire(&self, now: fn() -> Instant) -> usize {
        let mut state = self.lock();
        state.waited_for = None;
        if state.wheel.is_empty() {
            return 0;
        }
        state.wheel.advance(self.tick_before(now()));
        let mut fired = 0;
        loop {
            let (batch, due) = take_due(&mut state.wheel);
            if due == 0 {
                return fired;
            }
            drop(state);
            fired += due;
            // With nothing locked. A waker that isn't ours may panic: it must
            // not keep the other sleepers from waking.
            discard(quietly(|| wake_all(batch.into_iter().flatten())));
            state = self.lock();
        }
    }
    // ANCHOR_END: fire

    /// The runtime is gone: what waits is woken, and finds another one.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        while let Some(entry) = state.wheel.pop_any() {
            let waiter = entry.value().take();
            drop(state);
            let waker = waiter.map(|waiter| waiter.waker);
            discard(quietly(|| wake_all(waker)));
            state = self.lock();
        }
    }
}

/// How many wakers are taken under one lock.
const BATCH: usize = 32;

/// The wakers of sleepers whose time is over, and how many sleepers those are.
fn take_due(wheel: &mut Wheel<Waiter>) -> ([Option<Waker>; BATCH], usize) {
    let mut wakers = [const { None }; BATCH];
    for (due, place) in wakers.iter_mut().enumerate() {
        let Some(entry) = wheel.pop() else {
            return (wakers, due);
        };
        *place = entry.value().take().map(|waiter| waiter.waker);
    }
    (wakers, BATCH)
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers").finish_non_exhaustive()
    }
}
