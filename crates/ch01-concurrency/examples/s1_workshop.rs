//! Stage 1 of chapter 1: the workshop, simulated: what each way of waiting
//! yields, and how many posters should be under way.

use ch01_concurrency::{Arrivals, Job, Report, Time, Way, Workshop};
use std::io;

const HEAD: &str =
    "                              jobs/h   busy   latency: mean      p99";

fn line(name: &str, report: &Report) -> String {
    format!(
        "{name:<28} {:>7.1} {:>5.1}% {:>15.0} s {:>6.0} s",
        report.throughput(),
        report.mean_utilisation() * 100.0,
        report.latency.mean,
        report.latency.p99.as_secs(),
    )
}

// ANCHOR: four_ways
const FOUR: [(&str, usize, Way); 4] = [
    ("one who waits", 1, Way::Wait),
    ("one who switches", 1, Way::Switch),
    ("seven who wait", 7, Way::Wait),
    ("two who switch and steal", 2, Way::Steal),
];

fn four_ways(mut out: impl io::Write, jobs: &[Job]) -> io::Result<()> {
    for (name, workers, way) in FOUR {
        let report = Workshop::new(workers, way).run(jobs).report();
        writeln!(out, "{}", line(name, &report))?;
    }
    Ok(())
}
// ANCHOR_END: four_ways

// ANCHOR: under_way
/// Posters an hour, and how long each takes, if one worker who switches
/// always has this many under way: when one is done, the next is begun.
fn with_under_way(posters: usize) -> (f64, f64) {
    const EACH: usize = 1_000;
    let one_after_another = Job::new(Job::poster().spans.repeat(EACH));
    let jobs = vec![one_after_another; posters];
    let took = Workshop::new(1, Way::Switch).run(&jobs).took().as_secs();
    let done = (posters * EACH) as f64;
    (done / took * 3_600.0, took / EACH as f64)
}
// ANCHOR_END: under_way

fn run(mut out: impl io::Write) -> io::Result<()> {
    let all_at_once = Arrivals::AtOnce.of(&Job::poster(), 280, 0);
    writeln!(out, "280 posters at once\n{HEAD}")?;
    four_ways(&mut out, &all_at_once)?;

    // 150 an hour.
    let at_random = Arrivals::Random(Time::secs(24));
    let at_random = at_random.of(&Job::poster(), 3_000, 2026);
    writeln!(out, "\n3000 posters, 150 an hour, at random times\n{HEAD}")?;
    four_ways(&mut out, &at_random)?;

    // ANCHOR: uneven
    let to_the_first = all_at_once.iter().map(|job| job.clone().to(0));
    let to_the_first: Vec<_> = to_the_first.collect();
    writeln!(out, "\n280 posters at once, all to the first bench\n{HEAD}")?;
    for (name, way) in [
        ("two who switch", Way::Switch),
        ("two who switch and steal", Way::Steal),
    ] {
        let report = Workshop::new(2, way).run(&to_the_first).report();
        writeln!(out, "{}", line(name, &report))?;
    }
    // ANCHOR_END: uneven

    writeln!(
        out,
        "\none who switches, and always has this many under way"
    )?;
    writeln!(out, "posters   jobs/h   each takes")?;
    for posters in [1, 2, 3, 4, 5, 6, 7, 8, 12, 24] {
        let (an_hour, takes) = with_under_way(posters);
        writeln!(out, "{posters:>7} {an_hour:>8.1} {takes:>10.1} s")?;
    }

    let run = Workshop::new(1, Way::Switch).run(&at_random);
    let little = run.little();
    writeln!(
        out,
        "\nLittle's law, one who switches, posters at random times\n\
         on average {:.3} posters are in the workshop\n\
         {:.5} a second, each there for {:.2} s, makes {:.3}",
        little.in_system(),
        little.arrival_rate(),
        little.stay(),
        little.arrival_rate() * little.stay(),
    )
}

fn main() -> io::Result<()> {
    run(io::stdout().lock())
}

#[test]
fn runs() {
    let mut out = Vec::new();
    run(&mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    let jobs_an_hour: Vec<&str> = out
        .lines()
        .filter(|line| line.contains('%'))
        .map(|line| line[28..].split_whitespace().next().unwrap())
        .collect();
    // At once: the closed forms. At random: 150 an hour come in, and one who
    // waits makes 40 of them. To the first bench: with and without stealing.
    assert_eq!(jobs_an_hour[..4], ["40.0", "200.0", "280.0", "400.0"]);
    assert_eq!(jobs_an_hour[4], "40.0");
    assert_eq!(jobs_an_hour[8], "200.0");
    let last = out.lines().last().unwrap();
    assert!(last.contains(" makes "), "{out}");
}

/// Below five, hands are idle and a poster takes its 90 s; far above, hands
/// are the bound, and by Little's law each poster takes longer.
#[test]
fn more_under_way_helps_until_the_hands_are_full() {
    let (one, takes) = with_under_way(1);
    assert_eq!((one.round(), takes), (40.0, 90.0));
    let mut before = 0.0;
    for posters in [1, 2, 3, 4, 5, 6, 7, 8, 20] {
        let (an_hour, takes) = with_under_way(posters);
        assert!(an_hour >= before && an_hour <= 200.0, "{posters}");
        let under_way = an_hour / 3_600.0 * takes;
        assert!((under_way - posters as f64).abs() < 1e-6, "{under_way}");
        before = an_hour;
    }
}
