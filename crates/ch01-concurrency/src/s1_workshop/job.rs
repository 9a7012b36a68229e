//! What comes into the workshop: jobs, and when they come.
//!
//! Leaves out what happens to them there.

use super::random::Random;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

/// A span of time in the workshop, or a moment since it opened, in whole
/// milliseconds: nothing is rounded, and sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(
    /// Milliseconds.
    pub u64,
);

impl Time {
    /// This many seconds.
    pub const fn secs(seconds: u64) -> Self {
        Self(seconds * 1_000)
    }

    /// In seconds.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

impl Add for Time {
    type Output = Self;
    fn add(self, more: Self) -> Self {
        Self(self.0 + more.0)
    }
}

impl AddAssign for Time {
    fn add_assign(&mut self, more: Self) {
        self.0 += more.0;
    }
}

impl Sub for Time {
    type Output = Self;
    fn sub(self, less: Self) -> Self {
        Self(self.0 - less.0)
    }
}

impl Sum for Time {
    fn sum<I: Iterator<Item = Self>>(times: I) -> Self {
        Self(times.map(|time| time.0).sum())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} s", self.as_secs())
    }
}

// ANCHOR: job
/// A part of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Needs a worker's hands for this long: printing a colour.
    Busy(Time),
    /// Needs only time: ink dries by itself.
    Waiting(Time),
}

/// A piece of work: its spans, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// When it is brought in.
    pub arrives: Time,
    /// Which worker's bench it goes to; with `None`, each in turn.
    pub bench: Option<usize>,
    /// What has to be done, in this order.
    pub spans: Vec<Span>,
}

impl Job {
    /// A poster in three colours: 6 s of hands for each, and 36 s of drying
    /// between one colour and the next.
    pub fn poster() -> Self {
        let colour = Span::Busy(Time::secs(6));
        let dries = Span::Waiting(Time::secs(36));
        Self::new([colour, dries, colour, dries, colour])
    }
}
// ANCHOR_END: job

impl Job {
    /// A job of these spans that is there when the workshop opens.
    pub fn new(spans: impl Into<Vec<Span>>) -> Self {
        Self {
            arrives: Time(0),
            bench: None,
            spans: spans.into(),
        }
    }

    /// The same, brought at `arrives`.
    pub fn at(self, arrives: Time) -> Self {
        Self { arrives, ..self }
    }

    /// The same, brought to the bench of one worker, counted from 0.
    pub fn to(self, bench: usize) -> Self {
        Self {
            bench: Some(bench),
            ..self
        }
    }

    /// How long it needs hands, in all.
    pub fn busy(&self) -> Time {
        let busy = self.spans.iter().map(|span| match span {
            Span::Busy(time) => *time,
            Span::Waiting(_) => Time(0),
        });
        busy.sum()
    }

    /// How long it needs only time, in all.
    pub fn waiting(&self) -> Time {
        let waiting = self.spans.iter().map(|span| match span {
            Span::Busy(_) => Time(0),
            Span::Waiting(time) => *time,
        });
        waiting.sum()
    }
}

// ANCHOR: arrivals
/// How jobs come in, from evenly to in bursts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// All are there when the workshop opens.
    AtOnce,
    /// One in each interval, exactly.
    Regular(Time),
    /// At random and independently, an interval apart on average: a Poisson
    /// process.
    Random(Time),
    /// This many together, at random times; per job the same average interval.
    Groups(usize, Time),
}

impl Arrivals {
    /// When each of `count` jobs arrives, earliest first.
    pub fn times(self, count: usize, seed: u64) -> Vec<Time> {
        let mut random = Random::new(seed);
        let mut now = Time(0);
        let next = |index| {
            match self {
                Self::AtOnce => {}
                Self::Regular(every) => now = Time(every.0 * index as u64),
                Self::Random(mean) => now += Time(random.exponential(mean.0)),
                Self::Groups(size, _) if index % size.max(1) != 0 => {}
                Self::Groups(size, mean) => {
                    let mean = mean.0 * size.max(1) as u64;
                    now += Time(random.exponential(mean));
                }
            }
            now
        };
        (0..count).map(next).collect()
    }
}
// ANCHOR_END: arrivals

impl Arrivals {
    /// The same job `count` times.
    pub fn of(self, job: &Job, count: usize, seed: u64) -> Vec<Job> {
        let times = self.times(count, seed).into_iter();
        times.map(|time| job.clone().at(time)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poster_is_busy_for_18_s_and_waits_for_72() {
        assert_eq!(Job::poster().busy(), Time::secs(18));
        assert_eq!(Job::poster().waiting(), Time::secs(72));
    }

    #[test]
    fn all_ways_to_arrive_have_the_same_mean() {
        let mean = Time::secs(30);
        for way in [
            Arrivals::Regular(mean),
            Arrivals::Random(mean),
            Arrivals::Groups(8, mean),
        ] {
            let times = way.times(40_000, 1);
            assert!(times.is_sorted());
            let last = times[times.len() - 1].as_secs() / times.len() as f64;
            assert!((last - 30.0).abs() < 1.0, "{way:?}: {last}");
        }
        assert_eq!(Arrivals::AtOnce.times(3, 1), [Time(0); 3]);
        let groups = Arrivals::Groups(3, mean).times(6, 1);
        assert!(groups[0] == groups[2] && groups[2] < groups[3]);
        assert_eq!(groups[3], groups[5]);
    }

    #[test]
    fn a_seed_decides() {
        let times = |seed| Arrivals::Random(Time::secs(30)).times(9, seed);
        assert_eq!(times(1), times(1));
        assert_ne!(times(1), times(2));
    }
}
