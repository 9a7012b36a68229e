//! Solution of exercise `bounds`.

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
    // The worker who is given most has this many.
    let most = plan.jobs.div_ceil(plan.workers);
    Time(most * (2 * plan.busy.0 + plan.waiting.0))
}

/// How long workers who switch take at least, each at a bench of its own.
pub fn who_switch(plan: Plan) -> Time {
    let most = plan.jobs.div_ceil(plan.workers);
    // Short of hands: the worker with the most jobs is never idle.
    let hands = most * 2 * plan.busy.0;
    // Short of jobs: the last one is begun when hands have been on all the
    // others once; from then on it takes its own time.
    let last = (most - 1) * plan.busy.0;
    let jobs = last + 2 * plan.busy.0 + plan.waiting.0;
    Time(hands.max(jobs))
}

#[cfg(test)]
#[path = "../exercises/tests/bounds.rs"]
mod tests;
