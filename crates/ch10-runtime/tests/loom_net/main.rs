//! A socket's readiness and the lifetime of its slot in all interleavings, by
//! loom, without a bound on preemptions; and mutants, each of which some model
//! must reject.
//!
//! The files of the crate are compiled once more, with loom's locks and
//! atomics where they say `crate::sync`.

mod models;
#[path = "../../src/panics.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod panics;
#[path = "../../src/readiness.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod readiness;
#[path = "../../src/slots.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod slots;
mod sync;

use loom::model::Builder;
use models::{BROKEN, MODELS};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use sync::{Instead, Mutant};
use testing::within_a_minute;

/// Runs a model in all interleavings. `Ok` has their number, `Err` that of
/// those up to the first that fails.
fn explore(model: fn()) -> Result<usize, usize> {
    let mut builder = Builder::new();
    builder.preemption_bound = None; // whatever the environment says
    builder.max_branches = 10_000;
    builder.max_permutations = None;
    builder.max_duration = None;
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    let explored = catch_unwind(AssertUnwindSafe(|| {
        builder.check(move || {
            counting.fetch_add(1, Ordering::Relaxed);
            model();
        });
    }));
    let count = count.load(Ordering::Relaxed);
    explored.map(|()| count).map_err(|_| count)
}

#[test]
fn every_model_holds_in_every_interleaving() {
    within_a_minute(|| {
        for (name, model) in MODELS {
            match explore(model) {
                Ok(count) => {
                    assert!(count > 1, "{name}: nothing was interleaved");
                    println!("{name}: {count} interleavings");
                }
                Err(count) => panic!("{name}: fails in interleaving {count}"),
            }
        }
    });
}

#[test]
fn freeing_a_slot_too_early_is_found() {
    within_a_minute(|| {
        for (name, model) in BROKEN {
            match explore(model) {
                Ok(count) => panic!("{name}: held in all {count}"),
                Err(count) => println!("{name}: found in number {count}"),
            }
        }
    });
}

const READINESS: &str = include_str!("../../src/readiness.rs");

/// The lines that have this text.
fn lines_with(text: &str) -> Vec<u32> {
    let lines = READINESS.lines().zip(1..);
    lines
        .filter(|(line, _)| line.contains(text))
        .map(|(_, n)| n)
        .collect()
}

/// The first model that rejects this mutant.
#[track_caller]
fn rejected(line: u32, instead: Instead) {
    let file = "readiness.rs";
    let mutant = Mutant {
        file,
        line,
        instead,
    };
    let mut reached = false;
    for (name, model) in MODELS {
        let (explored, there) = sync::with(mutant, || explore(model));
        reached |= there;
        if let Err(count) = explored {
            println!("{file}:{line} {instead:?}: \"{name}\", number {count}");
            return;
        }
    }
    assert!(reached, "no model comes to {file}:{line}");
    panic!("{file}:{line}: every model holds with {instead:?}");
}

#[test]
fn no_ordering_can_be_weaker() {
    within_a_minute(|| {
        let loads = lines_with("load(Ordering::Acquire)");
        assert_eq!(loads.len(), 2);
        for line in loads {
            rejected(line, Instead::Relaxed);
        }
        let release = lines_with("compare_exchange(word, more, done");
        assert_eq!(release.len(), 1);
        rejected(release[0], Instead::Relaxed);
        // Those are all: each other one is `Relaxed` already.
        let strong = ["Acquire", "Release", "AcqRel", "SeqCst"];
        let strong = strong.map(|order| lines_with(&format!("::{order}")));
        assert_eq!(strong.map(|lines| lines.len()), [2, 1, 0, 0]);
    });
}

#[test]
fn the_second_look_cannot_be_left_out() {
    within_a_minute(|| {
        let looks = lines_with("load(Ordering::Acquire)");
        rejected(looks[1], Instead::Blind);
    });
}

#[test]
fn clearing_without_the_tick_is_found() {
    within_a_minute(|| {
        let clears = lines_with("compare_exchange(word, less");
        assert_eq!(clears.len(), 1);
        rejected(clears[0], Instead::Store);
    });
}
