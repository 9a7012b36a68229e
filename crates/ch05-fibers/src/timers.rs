//! Which fiber waits for which deadline, in the order of the deadlines.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Instant;

/// The place of an entry: its moment, and a number that tells equal moments
/// apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimerKey {
    deadline: Instant,
    number: u64,
}

/// For each deadline, what waits for it: a `T`.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    entries: RefCell<BTreeMap<TimerKey, T>>,
    /// How many there have ever been.
    made: Cell<u64>,
}

impl<T: Copy> Timers<T> {
    /// None.
    pub(crate) fn new() -> Self {
        Self {
            entries: RefCell::default(),
            made: Cell::new(0),
        }
    }

    /// Adds an entry. It stays until it is removed, even when its deadline has
    /// passed.
    pub(crate) fn insert(&self, deadline: Instant, who: T) -> TimerKey {
        let number = self.made.get();
        self.made.set(number + 1);
        let key = TimerKey { deadline, number };
        self.entries.borrow_mut().insert(key, who);
        key
    }

    /// Removes an entry.
    pub(crate) fn remove(&self, key: TimerKey) {
        self.entries.borrow_mut().remove(&key);
    }

    /// The earliest deadline.
    pub(crate) fn earliest(&self) -> Option<Instant> {
        let entries = self.entries.borrow();
        entries.first_key_value().map(|(key, _)| key.deadline)
    }

    /// What waits for the earliest deadline, if that has passed.
    pub(crate) fn expired(&self, now: Instant) -> Option<T> {
        let entries = self.entries.borrow();
        let (key, who) = entries.first_key_value()?;
        (key.deadline <= now).then_some(*who)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_earliest_comes_first_and_equal_moments_in_their_order() {
        let timers = Timers::new();
        let now = Instant::now();
        let soon = now + Duration::from_secs(1);
        let late = timers.insert(soon, 'c');
        let first = timers.insert(now, 'a');
        let second = timers.insert(now, 'b');
        for (key, who) in [(first, 'a'), (second, 'b')] {
            assert_eq!(timers.earliest(), Some(now));
            assert_eq!(timers.expired(now), Some(who));
            timers.remove(key);
        }
        assert_eq!(timers.expired(now), None);
        assert_eq!(timers.earliest(), Some(soon));
        timers.remove(late);
        assert_eq!(timers.earliest(), None);
    }
}
