//! What several test programs need.

#![allow(dead_code, reason = "not every test program needs all of it")]

use ch01_concurrency::s1_workshop::{Arrivals, Job, Random, Span, Time};

/// Up to sixty jobs of up to five spans, as a seed decides: in any order of
/// arrival, some of no length at all, some for a bench of `workers`.
pub fn any_jobs(seed: u64, workers: usize) -> Vec<Job> {
    let mut random = Random::new(seed);
    let count = random.below(60) as usize;
    let mean = Time(random.below(20_000));
    let arrivals = match random.below(4) {
        0 => Arrivals::AtOnce,
        1 => Arrivals::Regular(mean),
        2 => Arrivals::Random(mean),
        _ => Arrivals::Groups(1 + random.below(9) as usize, mean),
    };
    let mut jobs = Vec::new();
    for arrives in arrivals.times(count, random.draw()) {
        let spans = (0..random.below(6)).map(|_| {
            let time = Time(random.below(10) * random.below(4_000));
            match random.below(2) {
                0 => Span::Busy(time),
                _ => Span::Waiting(time),
            }
        });
        let job = Job::new(spans.collect::<Vec<_>>()).at(arrives);
        jobs.push(match random.below(3) {
            0 => job.to(random.below(workers as u64) as usize),
            _ => job,
        });
    }
    // Nothing says that the list is in the order of arrival.
    for place in (1..jobs.len()).rev() {
        jobs.swap(place, random.below(place as u64 + 1) as usize);
    }
    jobs
}
