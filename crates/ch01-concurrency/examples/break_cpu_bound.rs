//! Break it, chapter 1: a job that never waits, with a worker who switches only
//! when a job waits. Then mended in two ways.

use ch01_concurrency::s1_workshop::{
    self, Arrivals, Job, Latency, Span, Time, Way,
};
use ch01_concurrency::s2_threads;
use std::io;
use testing::println;

/// When the long job comes, and how long it is.
const COMES: Time = Time::secs(600);
const LONG: Time = Time::secs(600);

// ANCHOR: jobs
/// A hundred chairs, at random, 36 s apart on average: they need a little more
/// than half of one worker's time.
fn chairs() -> Vec<Job> {
    Arrivals::Random(Time::secs(36)).of(&Job::chair(), 100, 2)
}

/// Ten minutes of carving with no glue to wait for.
fn carving() -> Job {
    Job::new([Span::Busy(LONG)]).at(COMES)
}
// ANCHOR_END: jobs

/// One line of the table: who works how, on what.
struct Case {
    name: &'static str,
    workers: usize,
    slice: Option<Time>,
    jobs: Vec<Job>,
}

// ANCHOR: cases
fn cases() -> [Case; 4] {
    let alone = Case {
        name: "chairs only",
        workers: 1,
        slice: None,
        jobs: chairs(),
    };
    let mut jobs = chairs();
    jobs.push(carving());
    let broken = Case {
        name: "and ten minutes of carving",
        workers: 1,
        slice: None,
        jobs: jobs.clone(),
    };
    let sliced = Case {
        name: "mended: in slices of 2 s",
        workers: 1,
        slice: Some(Time::secs(2)),
        jobs,
    };
    let mut jobs: Vec<Job> =
        chairs().into_iter().map(|job| job.to(0)).collect();
    jobs.push(carving().to(1));
    let apart = Case {
        name: "mended: a worker of its own",
        workers: 2,
        slice: None,
        jobs,
    };
    [alone, broken, sliced, apart]
}
// ANCHOR_END: cases

/// What became of the chairs and of the carving.
#[derive(Debug)]
struct Outcome {
    /// Chairs done while the carving would be done, were it alone.
    meanwhile: usize,
    chairs: Latency,
    carving: Option<Time>,
}

impl Outcome {
    fn of(jobs: &[Job], stays: &[Time]) -> Self {
        let is_chair = |job: &Job| job.spans.len() > 1;
        let both = || jobs.iter().zip(stays);
        let chairs = both().filter(|(job, _)| is_chair(job));
        let chairs: Vec<_> = chairs.collect();
        let during = |at: Time| at >= COMES && at < COMES + LONG;
        let done = chairs.iter().map(|(job, stay)| job.arrives + **stay);
        let latency = chairs.iter().map(|(_, stay)| **stay).collect();
        let carving = both().find(|(job, _)| !is_chair(job));
        Self {
            meanwhile: done.filter(|at| during(*at)).count(),
            chairs: Latency::of(latency),
            carving: carving.map(|(_, stay)| *stay),
        }
    }

    fn line(&self) -> String {
        let carving = self
            .carving
            .map_or("-".into(), |stay| format!("{:.0} s", stay.as_secs()));
        format!(
            "{:>9} {:>8.0} s {:>6.0} s {carving:>9}",
            self.meanwhile,
            self.chairs.mean,
            self.chairs.p99.as_secs(),
        )
    }
}

fn simulate(case: &Case) -> Outcome {
    let mut workshop = s1_workshop::Workshop::new(case.workers, Way::Switch);
    workshop.slice = case.slice;
    let run = workshop.run(&case.jobs);
    let stays = run.stays.iter().map(|stay| stay.done - stay.arrived);
    Outcome::of(&case.jobs, &stays.collect::<Vec<_>>())
}

fn on_threads(case: &Case) -> Outcome {
    let mut workshop = s2_threads::Workshop::new(case.workers, Way::Switch);
    workshop.slice = case.slice;
    let (_, stays) = workshop.run(&case.jobs);
    Outcome::of(&case.jobs, &stays)
}

fn table(
    mut out: impl io::Write,
    what: &str,
    play: impl Fn(&Case) -> Outcome,
) -> io::Result<Vec<Outcome>> {
    writeln!(out, "{what:<27} meanwhile   chairs: mean    p99   carving")?;
    let mut outcomes = Vec::new();
    for case in cases() {
        let outcome = play(&case);
        writeln!(out, "{:<28}{}", case.name, outcome.line())?;
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn main() -> io::Result<()> {
    table(io::stdout(), "simulated", simulate)?;
    println!();
    table(io::stdout(), "on threads", on_threads).map(drop)
}

#[test]
fn runs() {
    let simulated = table(io::sink(), "simulated", simulate).unwrap();
    let [alone, broken, sliced, apart] = &simulated[..] else {
        panic!("four cases");
    };
    // While it is carved, nothing else is done, and somebody waits for all
    // of it.
    assert_eq!(broken.meanwhile, 0);
    assert!(broken.chairs.p99 >= LONG, "{broken:?}");
    // Cut into slices, it holds up nobody for more than a slice a turn.
    assert!(sliced.meanwhile >= alone.meanwhile - 1, "{sliced:?}");
    assert!(sliced.chairs.p99.0 < alone.chairs.p99.0 * 2, "{sliced:?}");
    // With a worker of its own, it does not matter at all.
    assert_eq!(apart.chairs, alone.chairs);
    assert_eq!(apart.carving, Some(LONG));

    // Threads have the same bounds below; above, the machine may be busy.
    let threads = table(io::sink(), "on threads", on_threads).unwrap();
    let broken = &threads[1];
    assert!(broken.chairs.max >= LONG, "{broken:?}");
    for outcome in &threads {
        assert!(outcome.chairs.mean >= 120.0, "{outcome:?}");
        assert!(outcome.carving.is_none_or(|stay| stay >= LONG));
    }
}
