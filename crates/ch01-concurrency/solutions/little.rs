//! Solution of exercise `little`.

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
    /// How many milliseconds the log covers.
    fn time(&self) -> u64 {
        self.inside.last().map_or(0, |(at, _)| *at)
    }

    /// Chairs times milliseconds, along the time.
    fn area(&self) -> u64 {
        let lines = self.inside.array_windows();
        lines
            .map(|[(at, chairs), (next, _)]| chairs * (next - at))
            .sum()
    }

    /// Chairs times milliseconds, chair by chair.
    fn stays(&self) -> u64 {
        self.chairs.iter().map(|(came, left)| left - came).sum()
    }

    /// L: how many chairs were inside, on average over the whole time. From
    /// the notebook alone.
    pub fn in_system(&self) -> f64 {
        self.area() as f64 / self.time() as f64
    }

    /// λ: how many chairs came, a millisecond, over the whole time.
    pub fn arrival_rate(&self) -> f64 {
        self.chairs.len() as f64 / self.time() as f64
    }

    /// W: how many milliseconds a chair was inside, on average. From the list
    /// alone.
    pub fn stay(&self) -> f64 {
        self.stays() as f64 / self.chairs.len() as f64
    }

    /// Whether the list and the notebook can both be true, as far as Little's
    /// law can tell: to the millisecond.
    pub fn is_honest(&self) -> bool {
        // L = λW, multiplied by the time: λ times the time is the number of
        // chairs, and W times that number is the sum of their stays.
        self.area() == self.stays()
    }
}

#[cfg(test)]
#[path = "../exercises/tests/little.rs"]
mod tests;
