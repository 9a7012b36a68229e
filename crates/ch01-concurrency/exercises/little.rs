//! Exercise `little`: which of these logs is a lie?
//!
//! 15 minutes.
//!
//! Three people each hand you the log of a workshop: when each chair came and
//! when it left, and, from the notebook by the door, how many chairs were
//! inside and since when. Some have altered one of the two. Little's law says
//! L = λW: the chairs inside, on average over the time, are as many as come in
//! a second, multiplied by the seconds that each stays. The left side is in
//! the notebook, the right side in the list. Complete [`Book::in_system`],
//! [`Book::arrival_rate`] and [`Book::stay`], then [`Book::is_honest`].
//!
//! Hint: multiply both sides by the time that the workshop was open, and no
//! division is left. Whole numbers need no tolerance.
//!
//! Run: `cargo test --test little`
//!
//! Fails until solved: `exercise little:`

/// One workshop, from the opening at 0 ms until all chairs are gone.
#[derive(Clone, Debug)]
pub struct Book {
    /// When each chair came and when it left, in ms.
    pub chairs: Vec<(u64, u64)>,
    /// The notebook: from that time on, in ms, so many chairs were inside.
    /// Ordered by time; the last line says 0, and with it the log ends.
    pub inside: Vec<(u64, u64)>,
}

impl Book {
    /// L: how many chairs were inside, on average over the whole time. From
    /// the notebook alone.
    pub fn in_system(&self) -> f64 {
        todo!("exercise little: how many were inside, on average?")
    }

    /// λ: how many chairs came, a millisecond, over the whole time.
    pub fn arrival_rate(&self) -> f64 {
        todo!("exercise little: how many came, a millisecond?")
    }

    /// W: how many milliseconds a chair was inside, on average. From the list
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
