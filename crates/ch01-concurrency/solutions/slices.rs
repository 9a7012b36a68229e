//! Solution of exercise `slices`: one of many.

use ch01_concurrency::s1_workshop::{Policy, Ready, Time, Turn};

/// No turn is longer than this.
const SLICE: Time = Time::secs(4);

/// The job that has had least is next, for a slice. A small job is done after
/// a turn or two; a large one has soon had more than all the others, and gets
/// what they leave.
#[derive(Debug, Default)]
pub struct MyPolicy;

impl Policy for MyPolicy {
    fn next(&mut self, _now: Time, ready: &[Ready]) -> Turn {
        // Of several equals `min_by_key` takes the first, which has been on
        // the bench longest. What a job has had is rounded down to ten slices,
        // so that two large jobs don't change places at every slice: each
        // change costs time.
        let level = |ready: &Ready| match ready.had {
            had if had < SLICE => 0,
            had => 1 + had.0 / (SLICE.0 * 10),
        };
        let next = ready.iter().enumerate().min_by_key(|(_, job)| level(job));
        Turn {
            // The bench is not empty.
            place: next.map_or(0, |(place, _)| place),
            at_most: Some(SLICE),
        }
    }
}

#[cfg(test)]
#[path = "../exercises/tests/slices.rs"]
mod tests;
