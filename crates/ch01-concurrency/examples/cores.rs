//! Threads are not cores: the same work divided among more and more threads, and
//! the same waiting.

use ch01_concurrency::s2_threads::be_busy;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// What is to be done in all.
const WORK: Duration = Duration::from_millis(160);

/// How often each is tried; the best time counts. What else the machine does
/// can only make it longer.
const TRIES: usize = 3;

// ANCHOR: divided
/// Divides `WORK` among this many threads. Returns how long they take.
fn divided(threads: u32, what: impl Fn(Duration) + Sync) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| what(WORK / threads));
        }
    });
    start.elapsed()
}
// ANCHOR_END: divided

fn run(mut out: impl io::Write) -> io::Result<Vec<[f64; 2]>> {
    if !cfg!(unix) {
        // Being busy is measured by the clock on the wall there.
        writeln!(out, "this program is for Unix only")?;
        return Ok(Vec::new());
    }
    let cores = thread::available_parallelism()?;
    writeln!(out, "cores: {cores}")?;
    writeln!(out, "threads      computing           waiting")?;
    let mut speedups = Vec::new();
    for threads in [1, 2, 4, 8] {
        let best = |what: &(dyn Fn(Duration) + Sync)| {
            let tries = (0..TRIES).map(|_| divided(threads, what));
            tries.min().unwrap_or_default()
        };
        let busy = best(&|time| {
            be_busy(time);
        });
        let wait = best(&thread::sleep);
        let [busy_up, wait_up] =
            [busy, wait].map(|time| WORK.as_secs_f64() / time.as_secs_f64());
        writeln!(
            out,
            "{threads:>7} {:>6} ms, {busy_up:.1} times \
             {:>6} ms, {wait_up:.1} times",
            busy.as_millis(),
            wait.as_millis(),
        )?;
        speedups.push([busy_up, wait_up]);
    }
    Ok(speedups)
}

fn main() -> io::Result<()> {
    run(io::stdout().lock()).map(drop)
}

/// Computing is sped up by no more than there are cores, and waiting by no
/// more than there are threads. (How near they come depends on what else the
/// machine has to do.)
#[test]
fn runs() {
    let speedups = run(io::sink()).unwrap();
    let cores = thread::available_parallelism().unwrap().get() as f64;
    assert_eq!(speedups.len(), if cfg!(unix) { 4 } else { 0 });
    for ([busy, wait], threads) in speedups.iter().zip([1.0, 2.0, 4.0, 8.0]) {
        // The clocks of the processor and of the wall differ by some parts in
        // 10,000.
        assert!(*busy <= cores.min(threads) * 1.01, "{busy} on {cores}");
        assert!(*wait <= threads, "{wait}");
    }
}
