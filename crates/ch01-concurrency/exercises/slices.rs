//! Exercise `slices`: choose the next job when some jobs never wait.
//!
//! 30 minutes, and open: there is more than one good answer.
//!
//! One worker who switches; many small jobs, and now and then a large one that
//! does not wait. First in, first out makes every small job wait for whatever
//! is large before it. Write a [`Policy`] that keeps the small ones quick:
//! their p99 must be within three times of what it is without any large job.
//! The worker must never be idle while there is work, each change of jobs
//! costs time, and the large jobs must be done in the end.
//!
//! You see how long hands have been on a job so far ([`Ready::had`]) and how
//! long it has been on the bench. You don't see how much more it needs; but a
//! job that has had much is a large one.
//!
//! Hint: slices alone are not enough when many large jobs come at the same
//! time. Which job would you let pass?
//!
//! Run: `cargo test --test slices`
//!
//! Fails until solved: `exercise slices:`

use ch01_concurrency::s1_workshop::{Policy, Ready, Time, Turn};

/// Your rule.
#[derive(Debug, Default)]
pub struct MyPolicy;

impl Policy for MyPolicy {
    fn next(&mut self, now: Time, ready: &[Ready]) -> Turn {
        // First in, first out, and never interrupted; can you do better?
        let _ = (now, ready);
        Turn {
            place: 0,
            at_most: None,
        }
    }
}

#[cfg(test)]
#[path = "../exercises/tests/slices.rs"]
mod tests;
