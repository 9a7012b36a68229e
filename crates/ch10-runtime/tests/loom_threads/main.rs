//! The idle protocol in all interleavings, by loom, without a bound on
//! preemptions; and mutants, each of which some model must reject.
//!
//! `src/threads/idle.rs` is compiled once more, with loom's locks and atomics
//! where it says `crate::sync`.

#[path = "../../src/threads/idle.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod idle;
#[path = "../models_threads/mod.rs"]
#[allow(dead_code, reason = "loom runs the small ones only")]
mod models;
mod sync;

use loom::model::Builder;
use models::{BROKEN, SMALL};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use sync::{Instead, Mutant};

thread_local! {
    /// Panics of this thread are not printed: a model that fails is a result
    /// here.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

fn quietly<T>(work: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                print(info);
            }
        }));
    });
    QUIET.set(true);
    let result = work();
    QUIET.set(false);
    result
}

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
    let explored = quietly(|| {
        catch_unwind(AssertUnwindSafe(|| {
            builder.check(move || {
                counting.fetch_add(1, Ordering::Relaxed);
                model();
            });
        }))
    });
    let count = count.load(Ordering::Relaxed);
    explored.map(|()| count).map_err(|_| count)
}

#[test]
fn every_model_holds_in_every_interleaving() {
    for (name, model) in SMALL {
        match explore(model) {
            Ok(count) => {
                assert!(count > 1, "{name}: nothing was interleaved");
                println!("{name}: {count} interleavings");
            }
            Err(count) => panic!("{name}: fails in interleaving {count}"),
        }
    }
}

#[test]
fn the_protocols_that_lose_a_wake_up_are_found() {
    for (name, model) in BROKEN {
        match explore(model) {
            Ok(count) => panic!("{name}: held in all {count} interleavings"),
            Err(count) => println!("{name}: found in interleaving {count}"),
        }
    }
}

const SOURCE: &str = include_str!("../../src/threads/idle.rs");

/// The function around a line.
fn function_of(line: u32) -> &'static str {
    let before = SOURCE.lines().zip(1..=line);
    let names = before.filter_map(|(text, _)| text.split_once("fn "));
    let name = names.last().map_or("", |(_, name)| name);
    name.split(['(', '<']).next().unwrap_or(name)
}

/// The first model that rejects this mutant. Also says whether any model has
/// come to its place.
fn rejects(mutant: Mutant) -> (Option<&'static str>, bool) {
    let mut reached = false;
    for (name, model) in SMALL {
        let (explored, there) = sync::with(mutant, || explore(model));
        reached |= there;
        if explored.is_err() {
            return (Some(name), reached);
        }
    }
    (None, reached)
}

#[test]
fn no_fence_can_be_weaker() {
    let strong = SOURCE.lines().zip(1..).filter(|(text, _)| {
        let ordering = text.contains("Ordering::");
        ordering && !text.contains("Relaxed") && !text.contains("use ")
    });
    let strong: Vec<_> = strong.collect();
    let fences: Vec<u32> = strong
        .iter()
        .filter(|(text, _)| text.trim() == "fence(Ordering::SeqCst);")
        .map(|&(_, line)| line)
        .collect();
    assert_eq!(fences.len(), strong.len(), "only fences: {strong:?}");
    assert_eq!(fences.len(), 4);
    for line in fences {
        for instead in [Instead::AcqRel, Instead::Nothing] {
            let (model, reached) = rejects(Mutant { line, instead });
            let function = function_of(line);
            assert!(reached, "no model comes to the fence of `{function}`");
            let Some(model) = model else {
                panic!("`{function}`: every model holds with {instead:?}");
            };
            println!("`{function}`, {instead:?}: rejected by \"{model}\"");
        }
    }
}
