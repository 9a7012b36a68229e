//! Something to be done again and again.

use super::later;
use super::sleep::{Sleep, sleep_until};
use crate::kernel;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// Ticks at once, and then every `period`. See [`Interval`].
///
/// # Panics
///
/// If the period is zero.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    interval_at(kernel::now(), period)
}

/// Ticks at `start`, and then every `period`. See [`Interval`].
///
/// # Panics
///
/// If the period is zero.
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert!(!period.is_zero(), "the period of an interval is zero");
    Interval {
        sleep: Box::pin(sleep_until(start)),
        period,
        missed: MissedTicks::default(),
    }
}

// ANCHOR: missed
/// What an [`Interval`] does when a tick was asked for too late, after the time
/// of the following one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissedTicks {
    /// Missed ticks are left out; the next one is at a whole number of periods
    /// after the start.
    #[default]
    Skip,
    /// The next tick is one period after the late one; so are all later ones.
    Delay,
    /// Missed ticks come at once, until as many have come as without the delay.
    CatchUp,
}
// ANCHOR_END: missed

/// Ticks at regular times, at [`tick`](Self::tick). The time between two ticks
/// does not depend on how long the work between them takes, as long as it takes
/// less than a period; [`MissedTicks`] says what happens otherwise.
///
/// ```
/// use ch10_runtime::{Runtime, time};
/// use std::time::Duration;
///
/// let period = Duration::from_millis(5);
/// let (first, third) = Runtime::new()?.block_on(async {
///     let mut interval = time::interval(period);
///     let first = interval.tick().await;
///     interval.tick().await;
///     (first, interval.tick().await)
/// });
/// assert!(third - first >= 2 * period);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Interval {
    sleep: Pin<Box<Sleep>>,
    period: Duration,
    missed: MissedTicks,
}

impl Interval {
    /// Says what is done about missed ticks.
    #[must_use]
    pub fn missed(mut self, missed: MissedTicks) -> Self {
        self.missed = missed;
        self
    }

    /// The time from tick to tick.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.period
    }

    /// Waits for the next tick, and gives the time for which it was set.
    ///
    /// Cancel safe: a tick that is not waited for to its end comes with the
    /// next call.
    ///
    /// # Panics
    ///
    /// Outside a runtime.
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// As [`tick`](Self::tick), for a future that is written by hand.
    // ANCHOR: poll_tick
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(self.sleep.as_mut().poll(cx));
        let tick = self.sleep.deadline();
        let next = self.after(tick, kernel::now());
        self.sleep.as_mut().reset(next);
        Poll::Ready(tick)
    }

    /// The tick after the one that was set for `tick` and comes `now`.
    fn after(&self, tick: Instant, now: Instant) -> Instant {
        let next = later(tick, self.period);
        if now < next {
            return next; // none was missed
        }
        match self.missed {
            MissedTicks::CatchUp => next,
            MissedTicks::Delay => later(now, self.period),
            MissedTicks::Skip => {
                let late = (now - tick).as_nanos() % self.period.as_nanos();
                // It is less than the late time, which is a `Duration`.
                let late = Duration::from_nanos_u128(late);
                later(now, self.period - late)
            }
        }
    }
    // ANCHOR_END: poll_tick
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interval")
            .field("period", &self.period)
            .field("missed", &self.missed)
            .field("next", &self.sleep.deadline())
            .finish_non_exhaustive()
    }
}
