//! `block_on` beside pollster's and futures-executor's, what a waker costs, and
//! how large futures are.
//!
//! ```console
//! $ cargo bench --bench futures                # all of it, as JSON
//! $ cargo bench --bench futures -- --quick     # once each: does it run?
//! $ cargo bench --bench futures -- \
//!       --group "block_on" --only ours "ready" --iterations 1000
//! ```
//!
//! | group | a case is | its figure is for |
//! |---|---|---|
//! | `block_on` | what the future does | a `block_on` from call to return |
//! | `a waker` | what is done with it | one of these |
//! | `sizes` | how many futures are nested | the outermost one |
//!
//! The last form runs one loop, for a tool that counts instructions; sizes
//! are not counted so.

use ch06_futures::sizes::{Passing, nested};
use ch06_futures::{CountWakes, Parker, yield_now};
use std::hint::black_box;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Something to be measured: so many times.
struct Row {
    group: &'static str,
    peer: &'static str,
    case: &'static str,
    run: fn(usize),
}

/// One `block_on` of each kind.
macro_rules! block_on_rows {
    ($($peer:literal: $block_on:path),*) => { [
        $(Row {
            group: "block_on", peer: $peer, case: "a ready future",
            run: |times| for _ in 0..times {
                black_box($block_on(async { black_box(1) }));
            },
        },)*
        $(Row {
            group: "block_on", peer: $peer, case: "one wake-up",
            run: |times| for _ in 0..times { $block_on(yield_now()) },
        },)*
    ] };
}

const BLOCK_ON: [Row; 6] = block_on_rows![
    "ours": ch06_futures::block_on,
    "pollster": pollster::block_on,
    "futures-executor": futures_executor::block_on
];

/// The three things that are done with a waker.
macro_rules! waker_rows {
    ($($peer:literal: $waker:expr),*) => { [
        $(Row {
            group: "a waker", peer: $peer, case: "clone and drop",
            run: |times| {
                let waker = $waker;
                for _ in 0..times { drop(black_box(&waker).clone()); }
            },
        },)*
        $(Row {
            group: "a waker", peer: $peer, case: "wake_by_ref",
            run: |times| {
                let waker = $waker;
                for _ in 0..times { black_box(&waker).wake_by_ref(); }
            },
        },)*
        $(Row {
            group: "a waker", peer: $peer, case: "will_wake",
            run: |times| {
                let (waker, other) = ($waker, $waker);
                for _ in 0..times {
                    black_box(black_box(&waker).will_wake(black_box(&other)));
                }
            },
        },)*
    ] };
}

const WAKERS: [Row; 9] = waker_rows![
    "noop": Waker::noop().clone(),
    "counting": Waker::from(Arc::new(CountWakes::default())),
    "parker": Waker::from(Arc::new(Parker::new()))
];

/// What is nested, for `sizes`.
const PASSING: [(&str, Passing); 4] = [
    ("future", Passing::Future),
    ("argument", Passing::Value),
    ("reference", Passing::Reference),
    ("boxed future", Passing::BoxedFuture),
];

const ROUNDS: usize = 21;
const ITERATIONS: usize = 200_000;

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
fn compare(rows: &[Row], quick: bool) -> Result<()> {
    let (rounds, times) = if quick { (1, 1) } else { (ROUNDS, ITERATIONS) };
    let mut figures = vec![Vec::new(); rows.len()];
    for round in 0..rounds {
        for turn in 0..rows.len() {
            let index = (round + turn) % rows.len();
            let start = Instant::now();
            (rows[index].run)(times);
            let took = start.elapsed().as_secs_f64() * 1e9;
            figures[index].push(took / times as f64);
        }
    }
    for (row, figures) in rows.iter().zip(figures) {
        print([row.group, row.peer, row.case, "ns"], figures)?;
    }
    Ok(())
}

fn sizes() -> Result<()> {
    for (peer, passing) in PASSING {
        for (wrappers, size) in nested(passing).into_iter().enumerate() {
            let case = (wrappers + 1).to_string();
            print(["sizes", peer, &case, "B"], vec![size as f64])?;
        }
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
        for rows in [&BLOCK_ON[..], &WAKERS[..]] {
            if rows.iter().any(|row| wanted(row.group)) {
                compare(rows, quick)?;
            }
        }
        return if wanted("sizes") { sizes() } else { Ok(()) };
    };
    let mut rows = BLOCK_ON.iter().chain(&WAKERS);
    let row = rows
        .find(|row| wanted(row.group) && row.peer == peer && row.case == case);
    let row = row.ok_or("there is none, or it is not counted")?;
    (row.run)(iterations);
    Ok(())
}

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("futures: {why}");
            ExitCode::from(2)
        }
    }
}
