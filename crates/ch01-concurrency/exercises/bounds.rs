//! Exercise `bounds`: work out how fast a workshop can be, without trying it.
//!
//! 10 to 15 minutes.
//!
//! All jobs are there from the start and are alike: hands are on each for
//! `busy`, it waits for `waiting`, and hands are on it again for `busy`. With
//! pencil and paper: how long does the workshop take for all of them? For
//! workers who stand by there is an exact answer; for those who switch, a bound
//! below which no run can be. The tests compare yours with hundreds of runs of
//! the simulator.
//!
//! Hint: you can run short of two things, hands and jobs. What if there were a
//! thousand workers? What if there were a thousand jobs?
//!
//! Run: `cargo test --test bounds`
//!
//! Fails until solved: `exercise bounds:`

use ch01_concurrency::s1_workshop::Time;

/// A workshop and its jobs.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many workers, at least one.
    pub workers: u64,
    /// How many jobs, at least one; each worker is given one in turn.
    pub jobs: u64,
    /// How long hands are on a job before it waits, and again after that.
    pub busy: Time,
    /// How long each job waits in between.
    pub waiting: Time,
}

/// How long workers who stand by take, exactly.
pub fn who_wait(plan: Plan) -> Time {
    let _ = plan;
    todo!("exercise bounds: how long do those who stand by take?")
}

/// How long workers who switch take at least, each at a bench of its own.
pub fn who_switch(plan: Plan) -> Time {
    let _ = plan;
    todo!("exercise bounds: how long do those who switch take, at least?")
}

#[cfg(test)]
#[path = "../exercises/tests/bounds.rs"]
mod tests;
