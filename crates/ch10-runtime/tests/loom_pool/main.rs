//! The queue of the blocking pool in all interleavings, by loom, without a
//! bound on preemptions.
//!
//! `src/blocking/queue.rs` is compiled once more, with loom's locks where it
//! says `crate::sync`. Mutants of it hang in the museum (`tests/museum`).

#[path = "../models_pool/mod.rs"]
mod models;
#[path = "../../src/blocking/queue.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod queue;
mod sync;

use loom::model::Builder;
use models::MODELS;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    for (name, model) in MODELS {
        match explore(model) {
            Ok(count) => {
                assert!(count > 1, "{name}: nothing was interleaved");
                println!("{name}: {count} interleavings");
            }
            Err(count) => panic!("{name}: fails in interleaving {count}"),
        }
    }
}
