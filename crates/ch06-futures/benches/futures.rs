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
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;
use testing::bench::{Arguments, Result, Rounds, Row, in_turns, ns_each};

/// Something to be measured: so many times.
struct Measured {
    group: &'static str,
    peer: &'static str,
    case: &'static str,
    run: fn(usize),
}

/// One `block_on` of each kind.
macro_rules! block_on_rows {
    ($($peer:literal: $block_on:path),*) => { [
        $(Measured {
            group: "block_on", peer: $peer, case: "a ready future",
            run: |times| for _ in 0..times {
                black_box($block_on(async { black_box(1) }));
            },
        },)*
        $(Measured {
            group: "block_on", peer: $peer, case: "one wake-up",
            run: |times| for _ in 0..times { $block_on(yield_now()) },
        },)*
    ] };
}

const BLOCK_ON: [Measured; 6] = block_on_rows![
    "ours": ch06_futures::block_on,
    "pollster": pollster::block_on,
    "futures-executor": futures_executor::block_on
];

/// The three things that are done with a waker.
macro_rules! waker_rows {
    ($($peer:literal: $waker:expr),*) => { [
        $(Measured {
            group: "a waker", peer: $peer, case: "clone and drop",
            run: |times| {
                let waker = $waker;
                for _ in 0..times { drop(black_box(&waker).clone()); }
            },
        },)*
        $(Measured {
            group: "a waker", peer: $peer, case: "wake_by_ref",
            run: |times| {
                let waker = $waker;
                for _ in 0..times { black_box(&waker).wake_by_ref(); }
            },
        },)*
        $(Measured {
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

const WAKERS: [Measured; 9] = waker_rows![
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

/// All rows in turns.
fn compare(rows: &[Measured], quick: bool) -> Result<()> {
    let (rounds, times) = if quick { (1, 1) } else { (ROUNDS, ITERATIONS) };
    let measured = in_turns(rows, Rounds::counted(rounds), |row| {
        let start = Instant::now();
        (row.run)(times);
        Ok(Some(ns_each(start.elapsed(), times)))
    })?;
    for (row, figures) in measured {
        print([row.group, row.peer, row.case, "ns"], &figures)?;
    }
    Ok(())
}

fn print([group, peer, case, unit]: [&str; 4], figures: &[f64]) -> Result<()> {
    let row = Row {
        group,
        peer,
        case,
        unit,
        per_iteration: 1,
    };
    row.print(figures)
}

fn sizes() -> Result<()> {
    for (peer, passing) in PASSING {
        for (wrappers, size) in nested(passing).into_iter().enumerate() {
            let case = (wrappers + 1).to_string();
            print(["sizes", peer, &case, "B"], &[size as f64])?;
        }
    }
    Ok(())
}

fn run(arguments: Arguments) -> Result<()> {
    let Some((peer, case)) = &arguments.only else {
        for rows in [&BLOCK_ON[..], &WAKERS[..]] {
            if rows.iter().any(|row| arguments.wants(row.group)) {
                compare(rows, arguments.quick)?;
            }
        }
        return if arguments.wants("sizes") {
            sizes()
        } else {
            Ok(())
        };
    };
    let mut rows = BLOCK_ON.iter().chain(&WAKERS);
    let row = rows.find(|row| {
        arguments.wants(row.group) && row.peer == peer && row.case == case
    });
    let row = row.ok_or("there is none, or it is not counted")?;
    (row.run)(arguments.iterations);
    Ok(())
}

fn main() -> ExitCode {
    testing::bench::main("futures", &[], run)
}
