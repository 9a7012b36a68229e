//! The simulator against what can be worked out on paper.

mod support;

use ch01_concurrency::s1_workshop::{
    Arrivals, Job, Random, Report, Span, Time, Way, Workshop,
};
use support::any_jobs;

fn posters(count: usize) -> Vec<Job> {
    Arrivals::AtOnce.of(&Job::poster(), count, 0)
}

fn report(workers: usize, way: Way, jobs: &[Job]) -> Report {
    Workshop::new(workers, way).run(jobs).report()
}

#[test]
fn one_who_waits_makes_40_an_hour_and_is_busy_a_fifth() {
    for count in [1, 2, 7, 100] {
        let report = report(1, Way::Wait, &posters(count));
        assert_eq!(report.took, Time::secs(90 * count as u64));
        assert_eq!(report.throughput(), 40.0);
        assert_eq!(report.mean_utilisation(), 1.0 / 5.0);
    }
}

/// As long as each has the same number of jobs.
#[test]
fn each_who_waits_makes_40_an_hour() {
    for workers in 1..=12 {
        let report = report(workers, Way::Wait, &posters(workers * 5));
        assert_eq!(report.throughput(), 40.0 * workers as f64);
        let fifth = vec![1.0 / 5.0; workers];
        assert_eq!(report.utilisation, fifth);
    }
}

/// The bound is hands, or the jobs there are, each of which takes 90 s.
#[test]
fn one_who_switches_makes_at_most_200_and_reaches_it() {
    let mut reached = 0;
    for count in 1..=120 {
        let report = report(1, Way::Switch, &posters(count));
        let hands: f64 = 3_600.0 / 18.0;
        let at_hand = count as f64 * 3_600.0 / 90.0;
        let made = report.throughput();
        assert!(made <= hands.min(at_hand), "{count}: {made}");
        assert!(made >= 40.0, "{count}: {made}");
        if made == hands {
            assert_eq!(report.mean_utilisation(), 1.0);
            reached += 1;
        }
    }
    // While the ink of one dries, 36 s, a colour is printed on the others, 6 s
    // each, if there are six of them.
    assert_eq!(reached, 120 - 6);
    assert_eq!(report(1, Way::Switch, &posters(6)).took, Time::secs(120));
    assert_eq!(report(1, Way::Switch, &posters(7)).took, Time::secs(126));
}

/// Begun 18 s apart, five under way at a time never want her hands at once: they
/// do in the 1st, 8th and 15th of every fifteen times 6 s, counted from the
/// beginning of each.
#[test]
fn five_under_way_are_enough_if_they_begin_apart() {
    let at = |nth: u64| Job::poster().at(Time::secs(18 * nth));
    let jobs: Vec<Job> = (0..50_u64).map(at).collect();
    let report = report(1, Way::Switch, &jobs);
    assert_eq!(report.latency.max, Time::secs(90));
    assert_eq!(report.took, Time::secs(18 * 49 + 90));
}

#[test]
fn one_job_takes_as_long_in_every_way() {
    for way in [Way::Wait, Way::Switch, Way::Steal] {
        for workers in 1..=3 {
            let report = report(workers, way, &posters(1));
            assert_eq!(report.took, Time::secs(90));
            assert_eq!(report.throughput(), 40.0);
        }
    }
}

/// Without waiting there is nothing to gain by switching.
#[test]
fn work_without_waiting_takes_as_long_in_every_way() {
    let job = Job::new([Span::Busy(Time::secs(20))]);
    let jobs = Arrivals::AtOnce.of(&job, 12, 0);
    for way in [Way::Wait, Way::Switch, Way::Steal] {
        for workers in [1, 2, 3, 4] {
            let took = report(workers, way, &jobs).took;
            assert_eq!(took, Time::secs(240 / workers as u64), "{way:?}");
        }
    }
}

/// No way of working makes hands faster or a job shorter.
#[test]
fn no_run_beats_the_bounds() {
    for seed in 0..500 {
        let workers = 1 + seed as usize % 5;
        let jobs = any_jobs(seed, workers);
        let busy: Time = jobs.iter().map(Job::busy).sum();
        let last = jobs
            .iter()
            .map(|job| job.arrives + job.busy() + job.waiting());
        let first = jobs.iter().map(|job| job.arrives).min();
        let longest = last.max().map(|last| last - first.unwrap_or_default());
        for way in [Way::Wait, Way::Switch, Way::Steal] {
            let took = report(workers, way, &jobs).took;
            assert!(took.0 * workers as u64 >= busy.0, "{seed} {way:?}");
            assert!(took >= longest.unwrap_or_default(), "{seed} {way:?}");
        }
    }
}

/// L = λW, exactly, whatever the jobs, the way and the order of service.
#[test]
fn littles_law_holds_in_every_run_exactly() {
    let mut not_trivial = 0;
    for seed in 0..500 {
        let workers = 1 + seed as usize % 5;
        let jobs = any_jobs(seed, workers);
        for way in [Way::Wait, Way::Switch, Way::Steal] {
            let mut workshop = Workshop::new(workers, way);
            workshop.change = Time(seed % 3 * 500);
            workshop.slice = (seed % 2 == 0).then_some(Time(700));
            let little = workshop.run(&jobs).little();
            assert_eq!(little.over_time, little.over_jobs, "{seed} {way:?}");
            let (l, w) = (little.in_system(), little.stay());
            let difference = l - little.arrival_rate() * w;
            assert!(difference.abs() <= 1e-9 * l, "{seed}: {difference}");
            not_trivial += usize::from(l > 1.0);
        }
    }
    assert!(not_trivial > 1_000, "{not_trivial}");
}

/// How long a job stands in the queue of one worker who is busy a share `rho`
/// of the time, in means of its own length, with random arrivals. By theory
/// (Pollaczek and Khinchine) `rho / (1 - rho)` times half of what the square
/// of the length is on average.
fn stands_in_queue(
    rho: f64,
    seed: u64,
    length: impl Fn(&mut Random) -> Time,
) -> f64 {
    const COUNT: usize = 200_000;
    let mean = 10_000.0;
    let apart = Time((mean / rho) as u64);
    let mut random = Random::new(seed ^ 1);
    let times = Arrivals::Random(apart).times(COUNT, seed).into_iter();
    let jobs: Vec<Job> = times
        .map(|at| Job::new([Span::Busy(length(&mut random))]).at(at))
        .collect();
    let busy: Time = jobs.iter().map(Job::busy).sum();
    let latency = report(1, Way::Switch, &jobs).latency;
    (latency.mean - busy.as_secs() / COUNT as f64) * 1_000.0 / mean
}

/// M/D/1: all jobs are equally long; rho / (2 (1 - rho)) of their length.
#[test]
fn equal_jobs_stand_as_long_as_theory_says() {
    for rho in [0.3, 0.5, 0.8] {
        let stood = stands_in_queue(rho, 7, |_| Time(10_000));
        let theory = rho / (2.0 * (1.0 - rho));
        let off = (stood / theory - 1.0).abs();
        assert!(off < 0.05, "rho {rho}: {stood}, not {theory}");
    }
}

/// M/M/1: lengths at random, too; twice as long: rho / (1 - rho).
#[test]
fn random_jobs_stand_twice_as_long() {
    for rho in [0.3, 0.5, 0.8] {
        let stood =
            stands_in_queue(rho, 7, |random| Time(random.exponential(10_000)));
        let theory = rho / (1.0 - rho);
        let off = (stood / theory - 1.0).abs();
        assert!(off < 0.05, "rho {rho}: {stood}, not {theory}");
    }
}

/// The more they come in groups, the longer they stand, at the same mean.
#[test]
fn groups_stand_longer_than_single_jobs() {
    let mean = Time::secs(30);
    let ways = [
        Arrivals::Regular(mean),
        Arrivals::Random(mean),
        Arrivals::Groups(4, mean),
        Arrivals::Groups(16, mean),
    ];
    let latencies = ways.map(|arrivals| {
        let jobs = arrivals.of(&Job::poster(), 4_000, 3);
        report(1, Way::Switch, &jobs).latency.mean
    });
    assert!(latencies.is_sorted(), "{latencies:?}");
    assert_eq!(latencies[0], 90.0, "30 s apart, none stands in a queue");
}

/// Changing jobs is paid for in hands: a poster is picked up three times by one
/// who switches, and once by one who waits.
#[test]
fn changing_costs_what_it_costs() {
    let jobs = posters(50);
    let took = |way| {
        let mut workshop = Workshop::new(1, way);
        workshop.change = Time::secs(1);
        let run = workshop.run(&jobs);
        (run.took(), run.hands[0].changing)
    };
    let (wait, switch) = (Time::secs(49), Time::secs(149));
    assert_eq!(took(Way::Wait), (Time::secs(90 * 50) + wait, wait));
    assert_eq!(took(Way::Switch), (Time::secs(18 * 50) + switch, switch));
}
