//! The models in all interleavings, by loom, without a bound on preemptions;
//! and mutants, each of which some model must reject.
//!
//! The files of the crate are compiled once more, with loom's locks and
//! atomics where they say `crate::sync`.

#[path = "../../src/broken.rs"]
mod broken;
#[path = "../models/mod.rs"]
mod models;
#[path = "../../src/outcome.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod outcome;
#[path = "../../src/parker.rs"]
mod parker;
#[path = "../../src/run_queue.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod run_queue;
#[path = "../../src/scheduled.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod scheduled;
#[path = "../../src/slot.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod slot;
mod sync;

mod future {
    //! What `outcome.rs` says `crate::future` for.
    pub use ch08_reactor_executor::{Future, PollState, Waker};
}

use loom::model::Builder;
use models::{BROKEN, MODELS};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use sync::{Instead, Mutant};

/// As long as it lives, panics of this thread are not printed: a model that
/// fails is a result here.
struct Quiet;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

impl Quiet {
    fn new() -> Self {
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
        Self
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(false);
    }
}

/// Runs a model in all interleavings. `Ok` has their number, `Err` that of
/// those up to the first that fails.
fn explore(model: fn()) -> Result<usize, usize> {
    let mut builder = Builder::new();
    builder.preemption_bound = None; // whatever the environment says
    builder.max_branches = 10_000;
    builder.max_permutations = None;
    builder.max_duration = None;
    let quiet = Quiet::new();
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    let explored = catch_unwind(AssertUnwindSafe(|| {
        builder.check(move || {
            counting.fetch_add(1, Ordering::Relaxed);
            model();
        });
    }));
    drop(quiet);
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

#[test]
fn the_orders_that_lose_a_wake_up_are_found() {
    for (name, model) in BROKEN {
        match explore(model) {
            Ok(count) => panic!("{name}: held in all {count} interleavings"),
            Err(count) => println!("{name}: found in interleaving {count}"),
        }
    }
}

/// The files of the core.
const FILES: [(&str, &str); 6] = [
    ("slot.rs", include_str!("../../src/slot.rs")),
    ("scheduled.rs", include_str!("../../src/scheduled.rs")),
    ("run_queue.rs", include_str!("../../src/run_queue.rs")),
    ("parker.rs", include_str!("../../src/parker.rs")),
    ("broken.rs", include_str!("../../src/broken.rs")),
    ("outcome.rs", include_str!("../../src/outcome.rs")),
];

/// The type and the function around a line.
fn function_of(file: &str, line: u32) -> String {
    let text = FILES.iter().find(|(name, _)| *name == file);
    let (_, text) = text.expect("a file of the core");
    let before = text.lines().zip(1..=line).map(|(text, _)| text);
    let (mut kind, mut function) = ("", "");
    for text in before {
        if let Some(name) = text.strip_prefix("impl ") {
            kind = name.trim_end_matches(" {");
        } else if let Some((_, name)) = text.split_once("fn ") {
            function = name.split('(').next().unwrap_or(name);
        }
    }
    format!("{kind}::{function}")
}

/// Every place of these files whose ordering is more than `Relaxed`.
fn places() -> Vec<(&'static str, u32)> {
    let strong = ["Acquire", "Release", "AcqRel", "SeqCst"]
        .map(|order| format!("Ordering::{order}"));
    let mut places = Vec::new();
    for (file, text) in FILES {
        for (line, number) in text.lines().zip(1..) {
            if strong.iter().any(|order| line.contains(order)) {
                places.push((file, number));
            }
        }
    }
    places
}

/// The first model that rejects this mutant. Also says whether any model has
/// come to its place.
fn rejects(mutant: Mutant) -> (Option<&'static str>, bool) {
    let mut reached = false;
    for (name, model) in MODELS {
        let (explored, there) = sync::with(mutant, || explore(model));
        reached |= there;
        if explored.is_err() {
            return (Some(name), reached);
        }
    }
    (None, reached)
}

#[test]
fn no_ordering_can_be_weaker() {
    let places = places();
    assert_eq!(places.len(), 4, "{places:?}");
    // Acquire and Release have one step below them.
    let mutants = places.into_iter().map(|(file, line)| Mutant {
        file,
        line,
        instead: Instead::Relaxed,
    });
    for mutant in mutants {
        let Mutant { file, line, .. } = mutant;
        let (model, reached) = rejects(mutant);
        assert!(reached, "no model comes to {file}:{line}");
        let Some(model) = model else {
            panic!("{file}:{line}: every model holds with Relaxed");
        };
        let function = function_of(file, line);
        println!("`{function}` with Relaxed: rejected by \"{model}\"");
    }
}

#[test]
fn clearing_by_a_store_is_rejected() {
    let text = include_str!("../../src/scheduled.rs");
    let line = text
        .lines()
        .zip(1..)
        .find(|(l, _)| l.contains("swap(false"));
    let (_, line) = line.expect("it clears by a swap");
    let mutant = Mutant {
        file: "scheduled.rs",
        line,
        instead: Instead::Store,
    };
    let (model, reached) = rejects(mutant);
    assert!(reached, "no model comes to line {line}");
    let model = model.expect("a store loses what came before");
    println!("scheduled.rs:{line} as a store: rejected by \"{model}\"");
}

/// What is shared elsewhere is under a lock, or a number to look at.
#[test]
fn no_other_file_has_an_ordering() {
    let src = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let proved: Vec<_> = places().into_iter().map(|(file, _)| file).collect();
    let mut files = 0;
    for entry in std::fs::read_dir(src).expect("the crate's sources") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        let text = std::fs::read_to_string(&path).expect("it is text");
        files += 1;
        for line in text.lines().filter(|_| !proved.contains(&&*name)) {
            let ordering = line.contains("Ordering::")
                && !line.contains("Ordering::Relaxed")
                && !line.contains("use ");
            assert!(!ordering, "{name}: {line}");
        }
    }
    assert!(files > 10);
}
