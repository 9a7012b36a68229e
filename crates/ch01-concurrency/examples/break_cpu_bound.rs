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
/// A hundred posters at random times, 30 s apart on average: they need 18 of
/// the 30 s.
fn posters() -> Vec<Job> {
    Arrivals::Random(Time::secs(30)).of(&Job::poster(), 100, 4)
}

/// A stencil to be cut: ten minutes of hands, and no ink that has to dry.
fn stencil() -> Job {
    Job::new([Span::Busy(LONG)]).at(COMES)
}
// ANCHOR_END: jobs

// ANCHOR: cases
/// A line of the table: one worker who switches, or two, and their jobs.
struct Case {
    name: &'static str,
    workers: usize,
    /// The longest turn of a job; `None`: until it waits or is done.
    slice: Option<Time>,
    jobs: Vec<Job>,
}

fn cases() -> [Case; 4] {
    let with_stencil = [posters(), vec![stencil()]].concat();
    let case = |name, workers, slice, jobs| Case {
        name,
        workers,
        slice,
        jobs,
    };
    // The posters to the bench of the first worker, the stencil to the other.
    let apart = posters().into_iter().map(|job| job.to(0));
    let apart = apart.chain([stencil().to(1)]).collect();
    let two_seconds = Some(Time::secs(2));
    [
        case("posters only", 1, None, posters()),
        case("and a stencil", 1, None, with_stencil.clone()),
        case("mended: slices of 2 s", 1, two_seconds, with_stencil),
        case("mended: its own worker", 2, None, apart),
    ]
}
// ANCHOR_END: cases

/// What became of the posters and of the stencil.
#[derive(Debug)]
struct Outcome {
    /// Posters an hour, from the first arrival to the last that is done.
    throughput: f64,
    /// Posters done in the ten minutes after the stencil came.
    meanwhile: usize,
    posters: Latency,
    stencil: Option<Time>,
}

impl Outcome {
    fn of(jobs: &[Job], stays: &[Time]) -> Self {
        let is_poster = |job: &Job| job.spans.len() > 1;
        let both = || jobs.iter().zip(stays);
        let posters: Vec<_> =
            both().filter(|(job, _)| is_poster(job)).collect();
        let done = || posters.iter().map(|(job, stay)| job.arrives + **stay);
        let first = posters.iter().map(|(job, _)| job.arrives).min();
        let took = done().max().unwrap_or_default() - first.unwrap_or_default();
        let during = |at: &Time| *at >= COMES && *at < COMES + LONG;
        let stencil = both().find(|(job, _)| !is_poster(job));
        Self {
            throughput: posters.len() as f64 * 3_600.0 / took.as_secs(),
            meanwhile: done().filter(during).count(),
            posters: Latency::of(
                posters.iter().map(|(_, stay)| **stay).collect(),
            ),
            stencil: stencil.map(|(_, stay)| *stay),
        }
    }

    fn line(&self) -> String {
        let stencil = self
            .stencil
            .map_or("-".into(), |stay| format!("{:.1} s", stay.as_secs()));
        format!(
            "{:>8.0} {:>10} {:>8.1} s {:>7.1} s {stencil:>9}",
            self.throughput,
            self.meanwhile,
            self.posters.mean,
            self.posters.p99.as_secs(),
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
    writeln!(
        out,
        "{what:<24} an hour  meanwhile      mean       p99   stencil"
    )?;
    let mut outcomes = Vec::new();
    for case in cases() {
        let outcome = play(&case);
        writeln!(out, "{:<23}{}", case.name, outcome.line())?;
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
    // While the stencil is cut nothing is done, except what was in hand when it
    // came; some poster waits for all of it. Over the whole time just as many
    // are made.
    assert!(broken.meanwhile <= 1, "{broken:?}");
    assert!(broken.posters.p99 >= LONG, "{broken:?}");
    assert!(broken.throughput > alone.throughput * 0.99, "{broken:?}");
    // In slices, it holds up no poster for more than a slice each turn.
    assert!(sliced.meanwhile + 3 >= alone.meanwhile, "{sliced:?}");
    assert!(sliced.posters.p99.0 < alone.posters.p99.0 * 2, "{sliced:?}");
    // With a worker of its own, it does not matter at all.
    assert_eq!(apart.posters, alone.posters);
    assert_eq!(apart.stencil, Some(LONG));

    // Threads have the same bounds below. How far above they are depends on
    // what else the machine does.
    for _ in 0..3 {
        let threads = table(io::sink(), "on threads", on_threads).unwrap();
        for outcome in &threads {
            assert!(outcome.posters.mean >= 90.0, "{outcome:?}");
            assert!(outcome.stencil.is_none_or(|stay| stay >= LONG));
        }
        let [alone, broken, sliced, _] = &threads[..] else {
            panic!("four cases");
        };
        assert!(broken.posters.max >= LONG, "{broken:?}");
        // Where the machine itself makes the posters wait, nothing can be told
        // of what the stencil does.
        let means = |outcomes: &[Outcome]| {
            [0, 2].map(|case: usize| outcomes[case].posters.mean)
        };
        let (real, ideal) = (means(&threads), means(&simulated));
        if real
            .iter()
            .zip(ideal)
            .any(|(real, ideal)| *real > 2.0 * ideal)
        {
            continue;
        }
        assert!(broken.posters.mean > alone.posters.mean, "{threads:?}");
        assert!(broken.posters.mean > sliced.posters.mean, "{threads:?}");
        return;
    }
}
