//! Solution of exercise `slices`: one of many.

use ch01_concurrency::s1_workshop::{Policy, Ready, Time, Turn};

/// A turn is never longer than this, if anybody could be waiting.
const SLICE: Time = Time::secs(4);

/// The job that has had least is next, for a slice. What is small is done
/// after a turn or two; what is large has soon had more than all others, and
/// gets what they leave.
#[derive(Debug, Default)]
pub struct MyPolicy;

impl Policy for MyPolicy {
    fn next(&mut self, _now: Time, ready: &[Ready]) -> Turn {
        // Among equals the one that has been on the bench longest: the first
        // of several least ones is taken. And a large job is not exchanged for
        // another large one at every slice, which would cost a change each
        // time: what it has had is rounded down to ten slices.
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
