//! Time: sleeping, limits and intervals.

use std::time::Instant;

/// The deadlines of a runtime.
#[derive(Debug)]
pub(crate) struct Timers {
    _start: Instant,
}

impl Timers {
    pub(crate) fn new(start: Instant) -> Self {
        Self { _start: start }
    }

    /// Who waits for a timer, and until when: for a dump.
    pub(crate) fn for_each_waiter(
        &self,
        _visit: impl FnMut(crate::context::TaskId, Instant),
    ) {
    }

    /// The next deadline. From now on, until [`fire`](Self::fire), an earlier
    /// one asks for an unpark.
    pub(crate) fn park(&self) -> Option<Instant> {
        None
    }

    /// Wakes the tasks whose deadline has passed: how many.
    pub(crate) fn fire(&self, _now: fn() -> Instant) -> usize {
        0
    }
}
