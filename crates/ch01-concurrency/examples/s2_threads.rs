//! Stage 2 of chapter 1: the workshop with real threads, beside what the
//! simulator says. Time runs 2,000 times as fast.

use ch01_concurrency::s1_workshop::{self, Arrivals, Job, Report, Way};
use ch01_concurrency::s2_threads;
use std::io;

/// The four of stage 1, and one more: each with as many posters as take about
/// a quarter of a second.
const WAYS: [(&str, usize, Way, usize); 5] = [
    ("one who waits", 1, Way::Wait, 6),
    ("one who switches", 1, Way::Switch, 30),
    ("seven who wait", 7, Way::Wait, 42),
    ("two who switch and steal", 2, Way::Steal, 60),
    ("three who switch and steal", 3, Way::Steal, 90),
];

fn line(report: &Report) -> String {
    format!(
        "{:>6.1} {:>6.1}% {:>6.0} s {:>6.0} s",
        report.throughput(),
        report.mean_utilisation() * 100.0,
        report.latency.mean,
        report.latency.p99.as_secs(),
    )
}

fn run(mut out: impl io::Write) -> io::Result<Vec<(Report, Report)>> {
    writeln!(
        out,
        "                                    jobs/h    busy     mean      p99"
    )?;
    let mut reports = Vec::new();
    for (name, workers, way, count) in WAYS {
        let jobs = Arrivals::AtOnce.of(&Job::poster(), count, 0);
        // ANCHOR: both
        let workshop = s1_workshop::Workshop::new(workers, way);
        let simulated = workshop.run(&jobs).report();
        let threads = s2_threads::Workshop::new(workers, way);
        let (measured, _) = threads.run(&jobs);
        // ANCHOR_END: both
        writeln!(out, "{name:<26} simulated {}", line(&simulated))?;
        writeln!(
            out,
            "{:<28}threads {}",
            format!("  {count} posters"),
            line(&measured)
        )?;
        reports.push((simulated, measured));
    }
    Ok(reports)
}

fn main() -> io::Result<()> {
    run(io::stdout().lock()).map(drop)
}

/// No thread is faster than the simulator, which has no overhead.
#[test]
fn runs() {
    let mut out = Vec::new();
    let reports = run(&mut out).unwrap();
    assert_eq!(reports.len(), WAYS.len());
    for (simulated, measured) in reports {
        assert_eq!(simulated.jobs, measured.jobs);
        assert!(measured.took >= simulated.took, "{measured:?}");
    }
    assert_eq!(
        String::from_utf8(out).unwrap().lines().count(),
        1 + 2 * WAYS.len()
    );
}
