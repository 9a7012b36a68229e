//! Waiting for a time.

use crate::scheduler::Scheduler;
use crate::state::State;
use std::thread;
use std::time::{Duration, Instant};

/// Stops the fiber for at least this long; others run meanwhile. Outside a
/// fiber it stops the thread, as [`std::thread::sleep`] does.
///
/// In a destructor while a panic unwinds, and in a fiber that has been
/// cancelled, it returns at once.
///
/// ```
/// use ch05_fibers::{Runtime, sleep};
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// // SAFETY: this code and std break none of the five promises.
/// let mut runtime = unsafe { Runtime::new() };
/// runtime.run(|| sleep(Duration::from_millis(20)));
/// assert!(start.elapsed() >= Duration::from_millis(20));
/// ```
pub fn sleep(time: Duration) {
    const DAY: Duration = Duration::from_secs(86_400);
    match Instant::now().checked_add(time) {
        Some(moment) => sleep_until(moment),
        // Longer than there is time: a day is as good as any, again and again,
        // as long as the caller can wait at all.
        None => while stop_until(Instant::now() + DAY) {},
    }
}

/// As [`sleep`], until a given time. If that has passed, the fiber goes to the
/// end of the queue, as by [`yield_now`](crate::yield_now).
pub fn sleep_until(moment: Instant) {
    // Whether it has waited or cannot: there is nothing more to do here.
    stop_until(moment);
}

/// Returns whether it has waited.
fn stop_until(moment: Instant) -> bool {
    let Some(scheduler) = Scheduler::current().filter(|it| it.here().is_some())
    else {
        thread::sleep(moment.saturating_duration_since(Instant::now()));
        return true;
    };
    let waited = scheduler.wait(State::Sleeping, Some(moment)).is_ok();
    if waited {
        scheduler.unwind_if_cancelled();
    }
    waited
}
