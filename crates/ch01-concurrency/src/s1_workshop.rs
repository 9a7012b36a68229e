//! Stage 1 of chapter 1: a print workshop, simulated event by event.
//!
//! A poster has three colours. Each is printed by hand, and its ink has to dry
//! before the next. What does the worker do while ink dries? There are three
//! [`Way`]s; this file plays each of them, for any number of workers, and
//! records what happens.
//!
//! Time is a number here: nothing sleeps, and nothing is measured. The same
//! jobs give the same run, to the millisecond, on every machine. When several
//! things are due at the same instant, they happen in the order in which they
//! were planned; then workers with free hands take jobs, the first worker
//! first, each from the bench of its own; and then, if they steal, from the
//! others' benches. A bench is a first-in, first-out queue.
//!
//! Left out: workers that break something, jobs that need two workers, and
//! workers that differ. The processor has these (interrupts, locks, cores of
//! two sizes), and the argument does not need them.

mod job;
mod random;
mod report;
mod run;

pub use job::{Arrivals, Job, Span, Time};
pub use random::Random;
pub use report::{Latency, Little, Report};
pub use run::{Event, Hands, Happening, Run, Stay};

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

// ANCHOR: way
/// What a worker does when its job has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Stays with it, from its first span to its last.
    Wait,
    /// Puts it aside, and takes the next job from its own bench.
    Switch,
    /// The same; if its own bench is empty, takes from another's.
    Steal,
}
// ANCHOR_END: way

/// A workshop: how many work there, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workshop {
    /// How many workers; at least one.
    pub workers: usize,
    /// What they do when a job has to wait.
    pub way: Way,
    /// What it costs a worker to pick up a job other than its last one.
    pub change: Time,
    /// The longest turn of a job: then it goes to the end of the bench, and
    /// others come first. `None`: until it waits or is done. Workers who
    /// stand by ignore it.
    pub slice: Option<Time>,
}

impl Workshop {
    /// This many workers, all working in one way, who change jobs at no cost
    /// and never interrupt one.
    pub fn new(workers: usize, way: Way) -> Self {
        Self {
            workers,
            way,
            change: Time(0),
            slice: None,
        }
    }
}

/// A job on a bench that wants hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Which job.
    pub job: usize,
    /// Since when it has been on this bench.
    pub since: Time,
    /// How long hands have been on it until now.
    pub had: Time,
}

/// Which job is next, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The place on the bench, from 0.
    pub place: usize,
    /// The longest turn; at least a millisecond is given.
    pub at_most: Option<Time>,
}

/// A rule for which job is next.
pub trait Policy {
    /// Chooses from a bench that is not empty: `ready[0]` has been there
    /// longest. How much more a job needs is not known.
    fn next(&mut self, now: Time, ready: &[Ready]) -> Turn;
}

/// First in, first out, with turns of at most this long.
#[derive(Clone, Copy, Debug)]
struct InTurn(Option<Time>);

impl Policy for InTurn {
    fn next(&mut self, _now: Time, _ready: &[Ready]) -> Turn {
        Turn {
            place: 0,
            at_most: self.0,
        }
    }
}

impl Workshop {
    /// Plays all jobs, from the first arrival until the last is done.
    ///
    /// # Panics
    ///
    /// If there is no worker, or a job is brought to a bench that does not
    /// exist.
    pub fn run(&self, jobs: &[Job]) -> Run {
        self.run_by(&mut InTurn(self.slice), jobs)
    }

    /// The same by another rule than "first in, first out"; the policy says
    /// how long a turn is, and `slice` is ignored.
    ///
    /// # Panics
    ///
    /// As [`Workshop::run`], and if the policy chooses a place beyond the
    /// bench's end.
    pub fn run_by(&self, policy: &mut dyn Policy, jobs: &[Job]) -> Run {
        assert!(self.workers > 0, "a workshop needs a worker");
        let mut floor = Floor {
            now: Time(0),
            workshop: *self,
            policy,
            jobs,
            progress: vec![Progress::default(); jobs.len()],
            workers: (0..self.workers).map(|_| Worker::default()).collect(),
            calendar: BinaryHeap::new(),
            planned: 0,
            run: Run {
                log: Vec::new(),
                stays: vec![Stay::default(); jobs.len()],
                hands: vec![Hands::default(); self.workers],
            },
        };
        for (job, Job { arrives, .. }) in jobs.iter().enumerate() {
            floor.plan(*arrives, Due::Arrives(job));
        }
        floor.play();
        floor.run
    }
}

// ANCHOR: calendar
/// How far a job is.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// The span that comes next.
    next: usize,
    /// What is left of the busy span before that, if a turn ended within it.
    left: Time,
    /// How long hands have been on it.
    had: Time,
    /// The bench that it comes back to.
    bench: usize,
}

/// An entry in the calendar: what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A job is brought in.
    Arrives(usize),
    /// A job that was put aside wants hands again.
    Ready(usize),
    /// A worker has picked up its job.
    PickedUp(usize),
    /// A worker's job comes to the end of a span, or of its turn.
    SpanEnds(usize),
}
// ANCHOR_END: calendar

#[derive(Debug, Default)]
struct Worker {
    /// The jobs that want this worker's hands.
    bench: VecDeque<Ready>,
    /// The job that it works on, or stands beside.
    job: Option<usize>,
    /// The job that it had last.
    last: Option<usize>,
    /// How long this turn may be.
    at_most: Option<Time>,
}

/// The state of a run.
struct Floor<'a> {
    now: Time,
    workshop: Workshop,
    policy: &'a mut dyn Policy,
    jobs: &'a [Job],
    progress: Vec<Progress>,
    workers: Vec<Worker>,
    /// What is due, earliest first; then in the order of planning.
    calendar: BinaryHeap<Reverse<(Time, u64, Due)>>,
    planned: u64,
    run: Run,
}

impl Floor<'_> {
    // ANCHOR: play
    /// The whole simulator: go to the next moment at which something is due,
    /// let it happen, and give work to free hands.
    fn play(&mut self) {
        while let Some(Reverse((at, _, due))) = self.calendar.pop() {
            self.now = at;
            self.happen(due);
            let next = self.calendar.peek();
            if next.is_none_or(|Reverse((next, ..))| *next > at) {
                self.take_jobs();
            }
        }
    }
    // ANCHOR_END: play

    fn plan(&mut self, at: Time, due: Due) {
        self.planned += 1;
        self.calendar.push(Reverse((at, self.planned, due)));
    }

    fn log(&mut self, job: usize, what: Happening) {
        let at = self.now;
        self.run.log.push(Event { at, job, what });
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Arrives(job) => {
                let turn = job % self.workers.len();
                let bench = self.jobs[job].bench.unwrap_or(turn);
                self.progress[job].bench = bench;
                self.run.stays[job].arrived = self.now;
                self.log(job, Happening::Arrives { bench });
                self.lay_on_bench(job);
            }
            Due::Ready(job) => {
                let bench = self.progress[job].bench;
                self.log(job, Happening::Ready { bench });
                self.lay_on_bench(job);
            }
            Due::PickedUp(worker) => self.go_on(worker),
            Due::SpanEnds(worker) => {
                let job = self.job_of(worker);
                if self.progress[job].left > Time(0) {
                    self.log(job, Happening::Yields { worker });
                    self.free(worker);
                    self.lay_on_bench(job);
                } else {
                    self.go_on(worker);
                }
            }
        }
    }

    fn job_of(&self, worker: usize) -> usize {
        let job = self.workers[worker].job;
        job.expect("what ends is planned only for a worker with a job")
    }

    fn free(&mut self, worker: usize) {
        let worker = &mut self.workers[worker];
        worker.last = worker.job.take();
    }

    fn lay_on_bench(&mut self, job: usize) {
        let Progress { bench, had, .. } = self.progress[job];
        let since = self.now;
        let ready = Ready { job, since, had };
        self.workers[bench].bench.push_back(ready);
    }

    // ANCHOR: go_on
    /// What a worker does next with its job: here the ways differ.
    fn go_on(&mut self, worker: usize) {
        let job = self.job_of(worker);
        match self.next_span(worker, job) {
            Some(Span::Busy(time)) => {
                self.run.hands[worker].busy += time;
                self.log(job, Happening::Begins { worker, time });
                self.plan(self.now + time, Due::SpanEnds(worker));
            }
            Some(Span::Waiting(time)) if self.workshop.way == Way::Wait => {
                self.run.hands[worker].standing_by += time;
                self.log(job, Happening::StandsBy { worker, time });
                self.plan(self.now + time, Due::SpanEnds(worker));
            }
            Some(Span::Waiting(time)) => {
                self.log(job, Happening::PutAside { worker, time });
                self.plan(self.now + time, Due::Ready(job));
                self.free(worker);
            }
            None => {
                self.run.stays[job].done = self.now;
                self.log(job, Happening::Done { worker });
                self.free(worker);
            }
        }
    }
    // ANCHOR_END: go_on

    /// Takes the next span off a job, or as much of it as a turn allows.
    fn next_span(&mut self, worker: usize, job: usize) -> Option<Span> {
        let progress = &mut self.progress[job];
        let busy = if progress.left > Time(0) {
            progress.left
        } else {
            let span = *self.jobs[job].spans.get(progress.next)?;
            progress.next += 1;
            match span {
                Span::Waiting(_) => return Some(span),
                Span::Busy(time) => time,
            }
        };
        let turn = match self.workers[worker].at_most {
            Some(most) => busy.min(most),
            None => busy,
        };
        progress.left = busy - turn;
        progress.had += turn;
        Some(Span::Busy(turn))
    }

    // ANCHOR: take_jobs
    /// Each worker with free hands takes a job, if there is one to take.
    fn take_jobs(&mut self) {
        let free_hands =
            |floor: &Self, worker: usize| floor.workers[worker].job.is_none();
        for worker in 0..self.workers.len() {
            // A loop: a job that begins by waiting takes no hands.
            while free_hands(self, worker) && self.take(worker, worker) {}
        }
        if self.workshop.way == Way::Steal {
            for thief in 0..self.workers.len() {
                while free_hands(self, thief) && self.steal(thief) {}
            }
        }
    }

    /// Takes from the next bench in the circle that has a job.
    fn steal(&mut self, thief: usize) -> bool {
        let workers = self.workers.len();
        let others = (1..workers).map(|step| (thief + step) % workers);
        let mut others = others.into_iter();
        others.any(|other| self.take(thief, other))
    }
    // ANCHOR_END: take_jobs

    /// Takes a job from a bench, if there is one.
    fn take(&mut self, worker: usize, bench: usize) -> bool {
        let ready = self.workers[bench].bench.make_contiguous();
        if ready.is_empty() {
            return false;
        }
        let Turn { place, at_most } = self.policy.next(self.now, ready);
        let taken = self.workers[bench].bench.remove(place);
        let job = taken.expect("a policy chooses what is on the bench").job;
        if bench != worker {
            self.progress[job].bench = worker; // it comes back to the thief
            let (thief, from) = (worker, bench);
            self.log(job, Happening::Stolen { thief, from });
        }
        let change = self.workshop.change;
        let hands = &mut self.workers[worker];
        hands.job = Some(job);
        hands.at_most = match self.workshop.way {
            Way::Wait => None,
            Way::Switch | Way::Steal => at_most.map(|most| most.max(Time(1))),
        };
        if change > Time(0) && hands.last.is_some_and(|last| last != job) {
            self.run.hands[worker].changing += change;
            self.plan(self.now + change, Due::PickedUp(worker));
        } else {
            self.go_on(worker);
        }
        true
    }
}
