//! What happened in the workshop, in order: the log of a run.

use super::job::Time;

// ANCHOR: happening
/// What happens to a job. Workers and benches are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is in the line above it")]
pub enum Happening {
    /// It is brought to a bench.
    Arrives { bench: usize },
    /// A worker's hands are on it for `time`.
    Begins { worker: usize, time: Time },
    /// It has to wait for `time`, and the worker stands by.
    StandsBy { worker: usize, time: Time },
    /// It has to wait for `time`, and the worker is free.
    PutAside { worker: usize, time: Time },
    /// It needs hands again, and is back on a bench.
    Ready { bench: usize },
    /// Its turn is over; it goes to the end of the bench.
    Yields { worker: usize },
    /// Worker `thief` takes it from another's bench.
    Stolen { thief: usize, from: usize },
    /// It is finished, and leaves the workshop.
    Done { worker: usize },
}
// ANCHOR_END: happening

/// A line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Time,
    /// Which job, by its place in the list of jobs.
    pub job: usize,
    /// What.
    pub what: Happening,
}

/// When one job was in the workshop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stay {
    /// When it was brought.
    pub arrived: Time,
    /// When it was finished.
    pub done: Time,
}

/// What one worker did with its time. The rest it was idle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hands {
    /// Hands on a job.
    pub busy: Time,
    /// Beside a job that waited.
    pub standing_by: Time,
    /// Laying down one job and picking up another.
    pub changing: Time,
}

/// What happened, from the first arrival until the last job was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Everything, in order.
    pub log: Vec<Event>,
    /// When each job was there, in the order of the list of jobs.
    pub stays: Vec<Stay>,
    /// What each worker did.
    pub hands: Vec<Hands>,
}

impl Run {
    /// From the first arrival until the last job was done.
    pub fn took(&self) -> Time {
        let first = self.stays.iter().map(|stay| stay.arrived).min();
        let last = self.stays.iter().map(|stay| stay.done).max();
        match (first, last) {
            (Some(first), Some(last)) => last - first,
            _ => Time(0),
        }
    }
}
