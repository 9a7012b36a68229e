//! Exercise `little`: find the logs that have been tampered with.
//!
//! 15 minutes.
//!
//! You get two records of a workshop: a list of when each poster came and when
//! it left, and the notebook by the door, which says how many posters were
//! inside and since when. One of the two may have been altered. Little's law
//! says L = λW: the number of posters inside, on average over the time, is the
//! number that come in per second times the seconds that each stays. The left
//! side is in the notebook, the right side in the list. Complete [`Book::in_system`],
//! [`Book::arrival_rate`] and [`Book::stay`], then [`Book::is_honest`].
//!
//! Hint: multiply both sides by the time that the workshop was open, and no
//! division is left. Whole numbers need no tolerance.
//!
//! Run: `cargo test --test little`
//!
//! Fails until solved: `exercise little:`

/// One workshop, from the opening at 0 ms until all posters are gone.
#[derive(Clone, Debug)]
pub struct Book {
    /// When each poster came and when it left, in ms.
    pub posters: Vec<(u64, u64)>,
    /// The notebook: from this time on, in ms, this many posters were inside.
    /// Ordered by time; the last line says 0 and ends the log.
    pub inside: Vec<(u64, u64)>,
}

impl Book {
    /// L: how many posters were inside, on average over the whole time. From
    /// the notebook alone.
    pub fn in_system(&self) -> f64 {
        todo!("exercise little: how many were inside, on average?")
    }

    /// λ: how many posters came per millisecond, over the whole time.
    pub fn arrival_rate(&self) -> f64 {
        todo!("exercise little: how many came per millisecond?")
    }

    /// W: how many milliseconds a poster was inside, on average. From the list
    /// alone.
    pub fn stay(&self) -> f64 {
        todo!("exercise little: how long did they stay, on average?")
    }

    /// Whether the list and the notebook can both be true, as far as Little's
    /// law can tell: to the millisecond.
    pub fn is_honest(&self) -> bool {
        todo!("exercise little: do the two agree?")
    }
}

#[cfg(test)]
#[path = "../exercises/tests/little.rs"]
mod tests;
