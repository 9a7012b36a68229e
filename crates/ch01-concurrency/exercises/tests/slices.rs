//! The tests of exercise `slices`, for the stub and for the solution.

use super::MyPolicy;
use ch01_concurrency::s1_workshop::{
    Arrivals, Job, Latency, Run, Span, Time, Way, Workshop,
};

/// What it costs to change jobs.
const CHANGE: Time = Time(50);

/// Small jobs need hands for this long or less at a time.
const SMALL: Time = Time::secs(3);

/// 600 small jobs of two spans, 10 s apart on average: half of the time.
fn small_jobs(seed: u64) -> Vec<Job> {
    let job = Job::new([
        Span::Busy(SMALL),
        Span::Waiting(Time::secs(20)),
        Span::Busy(Time::secs(2)),
    ]);
    Arrivals::Random(Time::secs(10)).of(&job, 600, seed)
}

/// Large ones, `together` at a time: a quarter of the time. They do not wait.
fn large_jobs(together: usize) -> Vec<Job> {
    let large = Job::new([Span::Busy(Time::secs(240))]);
    let arrives =
        |job: usize| Time::secs((job / together * together) as u64 * 960 + 100);
    (0..6).map(|job| large.clone().at(arrives(job))).collect()
}

fn play(jobs: &[Job]) -> Run {
    let mut workshop = Workshop::new(1, Way::Switch);
    workshop.change = CHANGE;
    workshop.run_by(&mut MyPolicy, jobs)
}

/// How long the first 600 took.
fn small_latency(run: &Run) -> Latency {
    let stays = run.stays[..600].iter();
    Latency::of(stays.map(|stay| stay.done - stay.arrived).collect())
}

#[track_caller]
fn small_ones_stay_quick(together: usize) {
    for seed in 0..20 {
        let mut jobs = small_jobs(seed);
        let alone = small_latency(&play(&jobs)).p99;
        jobs.extend(large_jobs(together));
        let with = small_latency(&play(&jobs)).p99;
        let wrong = "exercise slices: small jobs wait for the large ones";
        assert!(with.0 <= alone.0 * 3, "{wrong}: {alone} and {with}");
    }
}

#[test]
fn one_large_job_at_a_time() {
    small_ones_stay_quick(1);
}

#[test]
fn six_large_jobs_together() {
    small_ones_stay_quick(6);
}

/// Changing too often eats up what was gained.
/// Guard: the stub does this already.
#[test]
fn little_is_lost_by_changing() {
    for seed in 0..20 {
        let mut jobs = small_jobs(seed);
        jobs.extend(large_jobs(3));
        let run = play(&jobs);
        let hands = run.hands[0];
        // Each small job is picked up twice, whatever the rule.
        let most = hands.busy.0 / 20;
        let wrong = "exercise slices: too much time goes into changing";
        assert!(hands.changing.0 <= most, "{wrong}: {}", hands.changing);
    }
}

/// The large ones are not put off to the end of the day.
/// Guard: the stub does this already.
#[test]
fn large_jobs_get_done() {
    for seed in 0..20 {
        let mut jobs = small_jobs(seed);
        jobs.extend(large_jobs(1));
        let run = play(&jobs);
        let wrong =
            "exercise slices: a large job took more than ten times its length";
        for stay in &run.stays[600..] {
            let stayed = stay.done - stay.arrived;
            assert!(stayed <= Time::secs(2_400), "{wrong}: {stayed}");
        }
    }
}

/// Guard: the stub does this already.
#[test]
fn everything_is_done_whatever_the_jobs() {
    for seed in 0..50 {
        let jobs: Vec<Job> = small_jobs(seed).into_iter().take(50).collect();
        let run = play(&jobs);
        let busy: Time = jobs.iter().map(Job::busy).sum();
        assert_eq!(run.hands[0].busy, busy, "exercise slices: work is lost");
    }
}
