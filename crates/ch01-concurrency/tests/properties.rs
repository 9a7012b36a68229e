//! What must hold in every run of the simulator, for hundreds of seeds: each
//! log is read by a second, simpler set of rules that shares no code with the
//! simulator.

mod support;

use ch01_concurrency::s1_workshop::{
    Event, Happening, Job, Run, Span, Time, Way, Workshop,
};
use std::collections::VecDeque;
use support::any_jobs;

/// Where a job is, according to the log.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    NotHere,
    OnBench(usize),
    /// In a worker's hands or beside the worker, until then.
    With(usize, Time),
    Aside(Time),
    Gone,
}

/// Reads a log, and insists on everything that the rules say.
struct Reader<'a> {
    workshop: Workshop,
    jobs: &'a [Job],
    place: Vec<Place>,
    /// What each job was given, in the form in which it asks for it.
    given: Vec<Vec<Span>>,
    /// Whether the last busy span of a job continues: its turn was over.
    cut: Vec<bool>,
    benches: Vec<VecDeque<usize>>,
    with: Vec<Option<usize>>,
    now: Time,
    yields: usize,
    steals: usize,
}

impl<'a> Reader<'a> {
    fn new(workshop: Workshop, jobs: &'a [Job]) -> Self {
        Self {
            workshop,
            jobs,
            place: vec![Place::NotHere; jobs.len()],
            given: vec![Vec::new(); jobs.len()],
            cut: vec![false; jobs.len()],
            benches: vec![VecDeque::new(); workshop.workers],
            with: vec![None; workshop.workers],
            now: Time(0),
            yields: 0,
            steals: 0,
        }
    }

    /// No worker has free hands while its bench has a job for them; with
    /// stealing, while any bench has.
    fn none_is_lazy(&self) {
        for (worker, with) in self.with.iter().enumerate() {
            let any = self.benches.iter().any(|bench| !bench.is_empty());
            let work = match self.workshop.way {
                Way::Steal => any,
                Way::Wait | Way::Switch => !self.benches[worker].is_empty(),
            };
            assert!(with.is_some() || !work, "worker {worker} is lazy");
        }
    }

    /// A job comes to a worker: off the bench, first in first out, or it has
    /// been there and its last span is over.
    fn at_worker(&mut self, job: usize, worker: usize) {
        match self.place[job] {
            Place::OnBench(bench) => {
                assert_eq!(bench, worker, "without the word \"stolen\"");
                self.taken(job, bench, worker);
            }
            Place::With(by, until) => {
                assert_eq!(by, worker);
                assert_eq!(until, self.now, "a span has another length");
            }
            place => panic!("job {job} is {place:?}"),
        }
    }

    fn taken(&mut self, job: usize, bench: usize, worker: usize) {
        assert_eq!(self.benches[bench].pop_front(), Some(job), "not FIFO");
        assert_eq!(self.with[worker], None, "two things at a time");
        self.with[worker] = Some(job);
    }

    fn lay_down(&mut self, worker: usize, job: usize) {
        assert_eq!(self.with[worker].take(), Some(job));
    }

    fn read(&mut self, &Event { at, job, what }: &Event) {
        assert!(at >= self.now, "time runs backwards");
        if at > self.now {
            self.none_is_lazy();
            self.now = at;
        }
        match what {
            Happening::Arrives { bench } => {
                assert_eq!(self.place[job], Place::NotHere, "twice");
                assert_eq!(at, self.jobs[job].arrives);
                let wanted = self.jobs[job].bench;
                let wanted = wanted.unwrap_or(job % self.workshop.workers);
                assert_eq!(bench, wanted);
                self.benches[bench].push_back(job);
                self.place[job] = Place::OnBench(bench);
            }
            Happening::Stolen { thief, from } => {
                assert_eq!(self.workshop.way, Way::Steal);
                assert_ne!(thief, from);
                assert!(self.benches[thief].is_empty(), "has work enough");
                assert_eq!(self.place[job], Place::OnBench(from));
                self.taken(job, from, thief);
                self.place[job] = Place::With(thief, at);
                self.steals += 1;
            }
            Happening::Begins { worker, time } => {
                self.at_worker(job, worker);
                if self.cut[job] {
                    let Some(Span::Busy(before)) = self.given[job].last_mut()
                    else {
                        panic!("only a busy span is cut");
                    };
                    *before += time;
                } else {
                    self.given[job].push(Span::Busy(time));
                }
                self.cut[job] = false;
                self.place[job] = Place::With(worker, at + time);
            }
            Happening::StandsBy { worker, time } => {
                assert_eq!(self.workshop.way, Way::Wait);
                self.at_worker(job, worker);
                self.given[job].push(Span::Waiting(time));
                self.place[job] = Place::With(worker, at + time);
            }
            Happening::PutAside { worker, time } => {
                assert_ne!(self.workshop.way, Way::Wait);
                self.at_worker(job, worker);
                self.lay_down(worker, job);
                self.given[job].push(Span::Waiting(time));
                self.place[job] = Place::Aside(at + time);
            }
            Happening::Ready { bench } => {
                assert_eq!(self.place[job], Place::Aside(at));
                self.benches[bench].push_back(job);
                self.place[job] = Place::OnBench(bench);
            }
            Happening::Yields { worker } => {
                assert_ne!(self.workshop.way, Way::Wait);
                self.at_worker(job, worker);
                self.lay_down(worker, job);
                self.cut[job] = true;
                self.benches[worker].push_back(job);
                self.place[job] = Place::OnBench(worker);
                self.yields += 1;
            }
            Happening::Done { worker } => {
                self.at_worker(job, worker);
                self.lay_down(worker, job);
                self.place[job] = Place::Gone;
            }
        }
    }

    fn end(&self, run: &Run) {
        for (job, what) in self.jobs.iter().enumerate() {
            assert_eq!(self.place[job], Place::Gone, "job {job} is lost");
            assert_eq!(self.given[job], what.spans, "job {job}");
            assert_eq!(run.stays[job].arrived, what.arrives);
        }
        let busy: Time = run.hands.iter().map(|hands| hands.busy).sum();
        let wanted: Time = self.jobs.iter().map(Job::busy).sum();
        assert_eq!(busy, wanted, "busy time is not conserved");
        let stood: Time = run.hands.iter().map(|hands| hands.standing_by).sum();
        let waited: Time = self.jobs.iter().map(Job::waiting).sum();
        let stands = self.workshop.way == Way::Wait;
        assert_eq!(stood, if stands { waited } else { Time(0) });
        for hands in &run.hands {
            assert!(hands.busy + hands.standing_by <= run.took());
        }
    }
}

#[test]
fn every_log_follows_the_rules() {
    let (mut yields, mut steals, mut events) = (0, 0, 0);
    for seed in 0..600 {
        let workers = 1 + seed as usize % 6;
        let jobs = any_jobs(seed, workers);
        for way in [Way::Wait, Way::Switch, Way::Steal] {
            for slice in [None, Some(Time(1_500))] {
                let mut workshop = Workshop::new(workers, way);
                workshop.slice = slice;
                let run = workshop.run(&jobs);
                let mut reader = Reader::new(workshop, &jobs);
                for event in &run.log {
                    reader.read(event);
                }
                reader.end(&run);
                assert!(slice.is_some() || reader.yields == 0);
                yields += reader.yields;
                steals += reader.steals;
                events += run.log.len();
            }
        }
    }
    // Otherwise the rules above were asked of nothing.
    assert!(yields > 1_000, "{yields}");
    assert!(steals > 1_000, "{steals}");
    assert!(events > 100_000, "{events}");
}

/// The same jobs, the same run: with a cost of changing, too.
#[test]
fn a_run_is_decided_by_its_jobs() {
    for seed in 0..50 {
        let jobs = any_jobs(seed, 3);
        let mut workshop = Workshop::new(3, Way::Steal);
        workshop.change = Time(100);
        assert_eq!(workshop.run(&jobs), workshop.run(&jobs));
    }
}

/// With one worker there is no other bench to steal from.
#[test]
fn alone_stealing_is_switching() {
    for seed in 0..100 {
        let jobs = any_jobs(seed, 1);
        let switch = Workshop::new(1, Way::Switch).run(&jobs);
        assert_eq!(Workshop::new(1, Way::Steal).run(&jobs), switch);
    }
}

#[test]
fn no_jobs_no_time() {
    let run = Workshop::new(2, Way::Steal).run(&[]);
    assert_eq!((run.took(), run.log.len()), (Time(0), 0));
    let report = run.report();
    assert_eq!((report.jobs, report.throughput()), (0, 0.0));
    assert_eq!(run.little().in_system(), 0.0);
}

#[test]
#[should_panic = "needs a worker"]
fn nobody_works_without_workers() {
    Workshop::new(0, Way::Wait).run(&[Job::poster()]);
}
