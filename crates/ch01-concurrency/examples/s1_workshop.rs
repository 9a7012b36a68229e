//! Stage 1 of chapter 1: the workshop, simulated: what the ways to wait yield.

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
    ("twelve who wait", 12, Way::Wait),
    ("one who switches", 1, Way::Switch),
    ("three who switch and steal", 3, Way::Steal),
];

fn four_ways(mut out: impl io::Write, jobs: &[Job]) -> io::Result<()> {
    for (name, workers, way) in FOUR {
        let report = Workshop::new(workers, way).run(jobs).report();
        writeln!(out, "{}", line(name, &report))?;
    }
    Ok(())
}
// ANCHOR_END: four_ways

fn run(mut out: impl io::Write) -> io::Result<()> {
    let all_at_once = Arrivals::AtOnce.of(&Job::chair(), 360, 0);
    writeln!(out, "360 chairs at once\n{HEAD}")?;
    four_ways(&mut out, &all_at_once)?;

    // 120 an hour.
    let at_random = Arrivals::Random(Time::secs(30));
    let at_random = at_random.of(&Job::chair(), 3_600, 2026);
    writeln!(out, "\n3600 chairs, 120 an hour, at random times\n{HEAD}")?;
    four_ways(&mut out, &at_random)?;

    // ANCHOR: uneven
    let to_the_first = all_at_once.iter().map(|job| job.clone().to(0));
    let to_the_first: Vec<_> = to_the_first.collect();
    writeln!(out, "\n360 chairs at once, all to the first bench\n{HEAD}")?;
    for (name, way) in [
        ("three who switch", Way::Switch),
        ("three who switch and steal", Way::Steal),
    ] {
        let report = Workshop::new(3, way).run(&to_the_first).report();
        writeln!(out, "{}", line(name, &report))?;
    }
    // ANCHOR_END: uneven

    let run = Workshop::new(1, Way::Switch).run(&at_random);
    let little = run.little();
    writeln!(
        out,
        "\nLittle's law, one who switches, chairs at random times\n\
         on average {:.3} chairs are in the workshop\n\
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
    // At once: the closed forms. At random: 120 an hour come in, and one who
    // waits makes 30 of them. To the first bench: with and without stealing.
    assert_eq!(jobs_an_hour[..4], ["30.0", "360.0", "180.0", "540.0"]);
    assert_eq!(jobs_an_hour[4], "30.0");
    assert_eq!(jobs_an_hour[8..], ["180.0", "539.1"]);
    let last = out.lines().last().unwrap();
    assert!(last.contains(" makes "), "{out}");
}
