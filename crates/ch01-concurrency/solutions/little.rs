//! Solution of exercise `little`.

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
    /// How many milliseconds the log covers.
    fn time(&self) -> u64 {
        self.inside.last().map_or(0, |(at, _)| *at)
    }

    /// Posters times milliseconds, along the time.
    fn area(&self) -> u64 {
        let lines = self.inside.array_windows();
        lines
            .map(|[(at, posters), (next, _)]| posters * (next - at))
            .sum()
    }

    /// Posters times milliseconds, poster by poster.
    fn stays(&self) -> u64 {
        self.posters.iter().map(|(came, left)| left - came).sum()
    }

    /// L: how many posters were inside, on average over the whole time. From
    /// the notebook alone.
    pub fn in_system(&self) -> f64 {
        self.area() as f64 / self.time() as f64
    }

    /// λ: how many posters came per millisecond, over the whole time.
    pub fn arrival_rate(&self) -> f64 {
        self.posters.len() as f64 / self.time() as f64
    }

    /// W: how many milliseconds a poster was inside, on average. From the list
    /// alone.
    pub fn stay(&self) -> f64 {
        self.stays() as f64 / self.posters.len() as f64
    }

    /// Whether the list and the notebook can both be true, as far as Little's
    /// law can tell: to the millisecond.
    pub fn is_honest(&self) -> bool {
        // L = λW, multiplied by the time: λ times the time is the number of
        // posters, and W times that number is the sum of their stays.
        self.area() == self.stays()
    }
}

#[cfg(test)]
#[path = "../exercises/tests/little.rs"]
mod tests;
