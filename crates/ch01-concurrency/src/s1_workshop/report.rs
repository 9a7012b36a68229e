//! The numbers of a run: throughput, utilisation, latency, Little's law.
//!
//! **Throughput** is over the whole run: jobs done, divided by the time from
//! the first arrival to the last job done. A run starts and ends with an empty
//! workshop, so nothing at its edges is guessed or cut off. A worker who has
//! nothing left to do while another finishes is part of it.

use super::job::Time;
use super::run::{Happening, Run};

/// The numbers of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// How many jobs were done: all of them.
    pub jobs: usize,
    /// From the first arrival to the last job done.
    pub took: Time,
    /// For each worker: the share of that time with hands on a job, 0 to 1.
    pub utilisation: Vec<f64>,
    /// From the arrival of a job until it is done.
    pub latency: Latency,
}

impl Report {
    /// Sums up: how long it took, the time that each worker's hands were on
    /// jobs, and the time that each job spent in the workshop.
    pub fn new(took: Time, busy: &[Time], stays: Vec<Time>) -> Self {
        let share = |busy: &Time| busy.0 as f64 / took.0.max(1) as f64;
        Self {
            jobs: stays.len(),
            took,
            utilisation: busy.iter().map(share).collect(),
            latency: Latency::of(stays),
        }
    }

    /// Jobs an hour.
    pub fn throughput(&self) -> f64 {
        self.jobs as f64 * 3_600_000.0 / self.took.0.max(1) as f64
    }

    /// The mean of the workers' utilisation, 0 to 1.
    pub fn mean_utilisation(&self) -> f64 {
        let sum: f64 = self.utilisation.iter().sum();
        sum / self.utilisation.len().max(1) as f64
    }
}

// ANCHOR: latency
/// How long jobs take, from arrival to done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    /// The sum divided by their number, in seconds.
    pub mean: f64,
    /// Half of the jobs take no longer than this.
    pub median: Time,
    /// 99 of a hundred take no longer than this.
    pub p99: Time,
    /// No job takes longer.
    pub max: Time,
}

// ANCHOR_END: latency

impl Latency {
    // ANCHOR: latency_of
    /// Of the times that jobs took, in any order. All zero if there are none.
    pub fn of(mut stays: Vec<Time>) -> Self {
        stays.sort_unstable();
        let Some(&max) = stays.last() else {
            return Self::default();
        };
        // The least time that this many of a hundred do not exceed: no
        // interpolation, so it is a time that some job really took.
        let percent = |percent: usize| {
            let jobs = (stays.len() * percent).div_ceil(100);
            stays[jobs - 1]
        };
        let sum: Time = stays.iter().copied().sum();
        let mean = sum.0 as f64 / stays.len() as f64 / 1_000.0;
        let (median, p99) = (percent(50), percent(99));
        Self {
            mean,
            median,
            p99,
            max,
        }
    }
    // ANCHOR_END: latency_of
}

/// Little's law for one run: the number of jobs in the workshop, summed over
/// time, counted in two independent ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Little {
    /// Along the *time*: how many jobs were in, for how long. Job-milliseconds.
    pub over_time: u128,
    /// Along the *jobs*: how long each was in, added up. Job-milliseconds.
    pub over_jobs: u128,
    /// How many jobs there were.
    pub jobs: usize,
    /// From the first arrival to the last job done.
    pub took: Time,
}

impl Little {
    /// L: how many jobs were in the workshop, on average over the time.
    pub fn in_system(&self) -> f64 {
        self.over_time as f64 / self.took.0.max(1) as f64
    }

    /// λ: jobs that arrived, a second.
    pub fn arrival_rate(&self) -> f64 {
        self.jobs as f64 / self.took.as_secs().max(0.001)
    }

    /// W: how long a job was in the workshop, in seconds, on average.
    pub fn stay(&self) -> f64 {
        self.over_jobs as f64 / 1_000.0 / self.jobs.max(1) as f64
    }
}

impl Run {
    /// The numbers of this run.
    pub fn report(&self) -> Report {
        let busy: Vec<_> = self.hands.iter().map(|hands| hands.busy).collect();
        let stays = self.stays.iter().map(|stay| stay.done - stay.arrived);
        Report::new(self.took(), &busy, stays.collect())
    }

    // ANCHOR: little
    /// Counts what Little's law compares.
    pub fn little(&self) -> Little {
        let (mut over_time, mut inside, mut since) = (0, 0_u128, Time(0));
        for event in &self.log {
            over_time += inside * u128::from((event.at - since).0);
            since = event.at;
            match event.what {
                Happening::Arrives { .. } => inside += 1,
                Happening::Done { .. } => inside -= 1,
                _ => {}
            }
        }
        let stays = self.stays.iter().map(|stay| stay.done - stay.arrived);
        Little {
            over_time,
            over_jobs: stays.map(|stay| u128::from(stay.0)).sum(),
            jobs: self.stays.len(),
            took: self.took(),
        }
    }
    // ANCHOR_END: little
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_happened() {
        let latency = Latency::of((1..=100).rev().map(Time).collect());
        assert_eq!(latency.median, Time(50));
        assert_eq!(latency.p99, Time(99));
        assert_eq!(latency.max, Time(100));
        assert_eq!(latency.mean, 0.0505);
        let one = Latency::of(vec![Time(7)]);
        assert_eq!((one.median, one.p99, one.max), (Time(7), Time(7), Time(7)));
        assert_eq!(Latency::of(vec![]), Latency::default());
    }
}
