//! One function as three state machines, beside each other: what running it
//! costs, and how large it is.
//!
//! ```console
//! $ cargo bench --bench coroutines                # all of it, as JSON
//! $ cargo bench --bench coroutines -- --quick     # once each: does it run?
//! $ cargo bench --bench coroutines -- \
//!       --group "a run" --only "by hand" "10 waits" --iterations 1000
//! ```
//!
//! | group | a case is | its figure is for |
//! |---|---|---|
//! | `a run` | how often it waits | making it, and polling it to its end |
//! | `sizes` | a function | its machine |
//!
//! The last form runs one loop, for a tool that counts instructions; sizes
//! are not counted so.

use ch07_coroutines::desugared::{self, Sum};
use ch07_coroutines::{Http, PollState, s1_by_hand, s2_coroutine, s3_in_turn};
use std::hint::black_box;
use std::io::{self, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Something to be measured; `run` does it that many times.
struct Row {
    peer: &'static str,
    case: &'static str,
    run: fn(usize),
}

const RUN: &str = "a run";

/// Polls a future of ours to its end. `spin_on` has a pause in its loop, which
/// takes longer than a poll here.
fn run_ours<F: ch07_coroutines::Future>(mut future: F) -> F::Output {
    loop {
        if let PollState::Ready(output) = future.poll() {
            return output;
        }
    }
}

/// The same for one of the standard library's.
fn run_std<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
}

/// A row for each machine of the sum.
macro_rules! run_rows {
    ($($case:literal: $count:literal),*) => { [$(
        Row {
            peer: "by hand", case: $case,
            run: |times| for _ in 0..times {
                let count = black_box($count);
                black_box(run_ours(Sum::Start { count }));
            },
        },
        Row {
            peer: "corofy", case: $case,
            run: |times| for _ in 0..times {
                black_box(run_ours(desugared::sum(black_box($count))));
            },
        },
        Row {
            peer: "async fn", case: $case,
            run: |times| for _ in 0..times {
                black_box(run_std(desugared::sum_async(black_box($count))));
            },
        },
    )*] };
}

const RUNS: [Row; 6] = run_rows!["1 wait": 1, "10 waits": 10];

const ROUNDS: usize = 21;
const ITERATIONS: usize = 50_000;

fn print(
    [group, peer, case, unit]: [&str; 4],
    mut figures: Vec<f64>,
) -> Result<()> {
    figures.sort_by(f64::total_cmp);
    let (Some(min), Some(max)) = (figures.first(), figures.last()) else {
        return Err("nothing was measured".into());
    };
    println!(
        "{{\"group\": \"{group}\", \"peer\": \"{peer}\", \"case\": \"{case}\", \
         \"unit\": \"{unit}\", \"median\": {:.2}, \"min\": {min:.2}, \
         \"max\": {max:.2}, \"rounds\": {}}}",
        figures[figures.len() / 2],
        figures.len(),
    );
    io::stdout().flush()?;
    Ok(())
}

/// All rows in turns, so that what disturbs the machine disturbs them all.
fn compare(quick: bool) -> Result<()> {
    let (rounds, times) = if quick { (1, 1) } else { (ROUNDS, ITERATIONS) };
    let mut figures = vec![Vec::new(); RUNS.len()];
    for round in 0..rounds {
        for turn in 0..RUNS.len() {
            let index = (round + turn) % RUNS.len();
            let start = Instant::now();
            (RUNS[index].run)(times);
            let took = start.elapsed().as_secs_f64() * 1e9;
            figures[index].push(took / times as f64);
        }
    }
    for (row, figures) in RUNS.iter().zip(figures) {
        print([RUN, row.peer, row.case, "ns"], figures)?;
    }
    Ok(())
}

fn sizes() -> Result<()> {
    let http = || Http::new(([127, 0, 0, 1], 1).into()); // never polled
    let rows = [
        ("by hand", "sum", size_of::<Sum>()),
        ("corofy", "sum", size_of_val(&desugared::sum(1))),
        ("async fn", "sum", size_of_val(&desugared::sum_async(1))),
        (
            "by hand",
            "greeting",
            size_of_val(&s1_by_hand::greeting(http())),
        ),
        (
            "corofy",
            "greeting",
            size_of_val(&s2_coroutine::greeting(http())),
        ),
        (
            "async fn",
            "greeting",
            size_of_val(&desugared::greeting_async(http())),
        ),
        (
            "corofy",
            "in turn",
            size_of_val(&s3_in_turn::in_turn(http(), vec![])),
        ),
        (
            "async fn",
            "in turn",
            size_of_val(&desugared::in_turn_async(http(), vec![])),
        ),
    ];
    for (peer, case, size) in rows {
        print(["sizes", peer, case, "B"], vec![size as f64])?;
    }
    Ok(())
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let (mut quick, mut iterations) = (false, 1);
    let (mut group, mut only) = (None, None);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("a value is missing");
        match argument.as_str() {
            "--bench" | "--test" => {} // cargo's
            "--quick" => quick = true,
            "--group" => group = Some(value()?),
            "--only" => only = Some((value()?, value()?)),
            "--iterations" => iterations = value()?.parse()?,
            other => {
                let known = "--quick, --group GROUP, --only PEER CASE, \
                             --iterations N";
                return Err(format!("{other:?}: known are {known}").into());
            }
        }
    }
    let wanted = |name: &str| group.as_deref().is_none_or(|g| g == name);
    let Some((peer, case)) = only else {
        if wanted(RUN) {
            compare(quick)?;
        }
        return if wanted("sizes") { sizes() } else { Ok(()) };
    };
    let row = RUNS
        .iter()
        .find(|row| wanted(RUN) && row.peer == peer && row.case == case);
    let row = row.ok_or("there is none, or it is not counted")?;
    (row.run)(iterations);
    Ok(())
}

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("coroutines: {why}");
            ExitCode::from(2)
        }
    }
}
