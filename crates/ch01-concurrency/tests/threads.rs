//! The workshop of stage 2. Its times are measured: they cannot be below what
//! the clock dictates, and are above it by as much as the machine is busy.

mod support;

use ch01_concurrency::s1_workshop::{Arrivals, Job, Span, Time, Way};
use ch01_concurrency::s2_threads::{Workshop, be_busy, processor_time, real};
use std::thread;
use std::time::{Duration, Instant};
use support::any_jobs;
use testing::within_a_minute;

fn posters(count: usize) -> Vec<Job> {
    Arrivals::AtOnce.of(&Job::poster(), count, 0)
}

#[track_caller]
fn takes(workers: usize, way: Way, jobs: Vec<Job>, least: Time) {
    let (report, stays) =
        within_a_minute(move || Workshop::new(workers, way).run(&jobs));
    let took = report.took;
    assert!(took >= least, "{took}, cannot be less than {least}");
    assert_eq!(report.jobs, stays.len());
}

#[test]
fn one_who_waits_makes_at_most_40_an_hour() {
    takes(1, Way::Wait, posters(5), Time::secs(5 * 90));
}

#[test]
fn seven_who_wait_make_at_most_280_an_hour() {
    takes(7, Way::Wait, posters(21), Time::secs(3 * 90));
}

#[test]
fn one_who_switches_makes_at_most_200_an_hour() {
    takes(1, Way::Switch, posters(30), Time::secs(30 * 18));
    takes(1, Way::Switch, posters(3), Time::secs(90));
}

#[test]
fn three_who_switch_and_steal_make_at_most_600_an_hour() {
    takes(3, Way::Steal, posters(60), Time::secs(20 * 18));
}

/// Every poster was in the workshop for at least as long as it dries and is in
/// a worker's hands.
#[test]
fn no_poster_takes_less_than_90_s() {
    for way in [Way::Wait, Way::Switch, Way::Steal] {
        let (_, stays) =
            within_a_minute(move || Workshop::new(2, way).run(&posters(10)));
        assert_eq!(stays.len(), 10);
        let short = stays.iter().find(|&&stay| stay < Time::secs(90));
        assert_eq!(short, None, "{way:?}");
    }
}

/// All jobs come to the first bench; the others are busy only by stealing.
#[test]
fn thieves_have_work_and_others_have_none() {
    let jobs: Vec<Job> = posters(60).into_iter().map(|job| job.to(0)).collect();
    let run = |way| {
        let jobs = jobs.clone();
        within_a_minute(move || Workshop::new(3, way).run(&jobs).0)
    };
    assert_eq!(run(Way::Switch).utilisation[1..], [0.0, 0.0]);
    // On a busy machine, all may be done before a thief has its first turn.
    let all_busy = |_| {
        let utilisation = run(Way::Steal).utilisation;
        utilisation.iter().all(|&busy| busy > 0.0)
    };
    assert!((0..10).any(all_busy), "in none of ten runs");
}

/// However the jobs look: each is done, and hands are on jobs for as long as
/// the jobs want.
#[test]
fn all_is_done_and_busy_time_is_not_less() {
    for seed in 0..12 {
        let workers = 1 + seed as usize % 4;
        let mut jobs = any_jobs(seed, workers);
        jobs.truncate(12);
        let busy: Time = jobs.iter().map(Job::busy).sum();
        for way in [Way::Wait, Way::Switch, Way::Steal] {
            let jobs = jobs.clone();
            let count = jobs.len();
            let (report, stays) = within_a_minute(move || {
                let mut workshop = Workshop::new(workers, way);
                workshop.slice = (seed % 2 == 0).then_some(Time::secs(5));
                workshop.run(&jobs)
            });
            assert_eq!((report.jobs, stays.len()), (count, count));
            let used = report.mean_utilisation() * workers as f64;
            let used = used * report.took.as_secs();
            // Each worker's time is rounded down to a millisecond.
            let least = busy.as_secs() - 0.001 * workers as f64 - 1e-6;
            assert!(used >= least, "{seed} {way:?}: {used} < {busy}");
        }
    }
}

/// A job that is not cut keeps the only worker from all others; cut into
/// slices, it lets them pass.
#[test]
fn slices_let_others_pass() {
    let run = |slice| {
        let long = Job::new([Span::Busy(Time::secs(500))]);
        let short = Job::new([Span::Busy(Time::secs(5))]);
        within_a_minute(move || {
            let mut workshop = Workshop::new(1, Way::Switch);
            workshop.slice = slice;
            let (report, stays) = workshop.run(&[long, short]);
            assert!(report.took >= Time::secs(505));
            stays
        })
    };
    let [long, short] = run(None)[..] else {
        panic!("two jobs");
    };
    assert!(long >= Time::secs(500) && short >= Time::secs(505));
    let [long, short] = run(Some(Time::secs(5)))[..] else {
        panic!("two jobs");
    };
    assert!(long >= Time::secs(505), "{long}");
    assert!(short < long, "{short}");
}

/// Nothing to do is no reason to wait for ever.
#[test]
fn no_jobs() {
    for way in [Way::Wait, Way::Switch, Way::Steal] {
        let jobs = within_a_minute(move || Workshop::new(3, way).run(&[]).1);
        assert!(jobs.is_empty());
    }
}

#[test]
fn busy_is_busy_on_a_processor_and_sleeping_is_not() {
    within_a_minute(|| {
        let time = Duration::from_millis(20);
        let (wall, start) = (Instant::now(), processor_time());
        let used = be_busy(time);
        assert!(used >= time && wall.elapsed() >= time);
        assert!(processor_time() - start >= time);
        if cfg!(unix) {
            let start = processor_time();
            thread::sleep(time);
            let used = processor_time() - start;
            assert!(used < time, "asleep for {time:?}, busy for {used:?}");
        }
    });
}

#[test]
fn time_runs_2000_times_as_fast() {
    assert_eq!(real(Time::secs(6)), Duration::from_millis(3));
    assert_eq!(real(Time::secs(36)), Duration::from_millis(18));
    assert_eq!(real(Time(u64::MAX)), Duration::from_nanos(u64::MAX));
}
