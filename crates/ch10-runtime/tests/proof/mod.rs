//! What the proofs by loom share: a model in all interleavings, and mutants,
//! each of which some model must reject.
//!
//! A mutant is a place of the source where an atomic operation is done with an
//! ordering one step weaker. The operations of `proof/sync.rs` look here.

pub mod sync;

use loom::model::Builder;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};

/// A model, by what it says.
pub type Model = (&'static str, fn());

/// A file of the crate, and its text.
pub type File = (&'static str, &'static str);

/// A place, and the ordering there instead.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    file: &'static str,
    /// Where the ordering stands.
    line: u32,
    /// The call that uses it is at most so many lines below.
    within: u32,
    instead: Ordering,
}

thread_local! {
    /// Panics of this thread are results here, and are not printed.
    static QUIET: Cell<bool> = const { Cell::new(false) };
    /// loom runs all threads of a model on the thread of the test.
    static MUTANT: Cell<Option<Mutant>> = const { Cell::new(None) };
    static REACHED: Cell<bool> = const { Cell::new(false) };
}

/// The ordering to use at this place of the source.
fn ordering(place: &Location<'_>, wanted: Ordering) -> Ordering {
    let Ok(Some(mutant)) = MUTANT.try_with(Cell::get) else {
        return wanted;
    };
    let lines = mutant.line..=mutant.line + mutant.within;
    let here =
        place.file().ends_with(mutant.file) && lines.contains(&place.line());
    if here && wanted != Ordering::Relaxed {
        REACHED.set(true);
        return mutant.instead;
    }
    wanted
}

fn be_quiet() {
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
}

/// Runs a model in all interleavings. `Ok` has their number, `Err` that of
/// those up to the first that fails.
pub fn explore(model: fn()) -> Result<usize, usize> {
    let mut builder = Builder::new();
    builder.preemption_bound = None; // whatever the environment says
    builder.max_branches = 10_000;
    builder.max_permutations = None;
    builder.max_duration = None;
    be_quiet();
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    let explored = catch_unwind(AssertUnwindSafe(|| {
        builder.check(move || {
            counting.fetch_add(1, Ordering::Relaxed);
            model();
        });
    }));
    QUIET.set(false);
    let count = count.load(Ordering::Relaxed);
    explored.map(|()| count).map_err(|_| count)
}

/// Every model holds in every interleaving; prints how many those are.
#[track_caller]
pub fn all_hold(models: &[Model]) {
    for (name, model) in models {
        match explore(*model) {
            Ok(count) => {
                assert!(count > 1, "{name}: nothing was interleaved");
                println!("{name}: {count} interleavings");
            }
            Err(count) => panic!("{name}: fails in interleaving {count}"),
        }
    }
}

/// No ordering of these files can be one step weaker: some model rejects each
/// mutant. Prints which.
#[track_caller]
pub fn none_can_be_weaker(files: &[File], models: &[Model]) {
    let mutants = mutants(files);
    assert!(!mutants.is_empty());
    let mut held = Vec::new();
    for mutant in mutants {
        let Mutant {
            file,
            line,
            instead,
            ..
        } = mutant;
        let (model, reached) = rejects(mutant, models);
        assert!(reached, "no model comes to {file}:{line}");
        let function = function_of(files, file, line);
        match model {
            Some(model) => println!(
                "`{function}` with {instead:?}: rejected by \"{model}\""
            ),
            None => held.push(format!("{file}:{line} {function} {instead:?}")),
        }
    }
    assert!(held.is_empty(), "every model holds: {held:#?}");
}

/// The mutants of these files: for each ordering, those one step below it.
fn mutants(files: &[File]) -> Vec<Mutant> {
    use Ordering::{AcqRel, Acquire, Relaxed, Release};
    let steps: [(&str, &[Ordering]); 3] = [
        ("Ordering::AcqRel", &[Acquire, Release]),
        ("Ordering::Acquire", &[Relaxed]),
        ("Ordering::Release", &[Relaxed]),
    ];
    let mut mutants = Vec::new();
    for (file, text) in files {
        for (text, line) in text.lines().zip(1..) {
            assert!(!text.contains("Ordering::SeqCst"), "{file}:{line}");
            // An ordering with a name of its own: `let (done, failed) = …`.
            let within = if text.contains("let (") { 8 } else { 0 };
            for (strong, weaker) in steps {
                if text.contains(strong) {
                    mutants.extend(weaker.iter().map(|instead| Mutant {
                        file,
                        line,
                        within,
                        instead: *instead,
                    }));
                }
            }
        }
    }
    assert!(mutants.iter().all(|m| m.instead != AcqRel));
    mutants
}

/// The first model that rejects this mutant. Also says whether any model has
/// come to its place.
fn rejects(mutant: Mutant, models: &[Model]) -> (Option<&'static str>, bool) {
    REACHED.set(false);
    for (name, model) in models {
        MUTANT.set(Some(mutant));
        let explored = explore(*model);
        MUTANT.set(None);
        if explored.is_err() {
            return (Some(name), REACHED.get());
        }
    }
    (None, REACHED.get())
}

/// The type and the function around a line.
fn function_of(files: &[File], file: &str, line: u32) -> String {
    let text = files.iter().find(|(name, _)| *name == file);
    let text = text.map_or("", |(_, text)| text);
    let (mut kind, mut function) = ("", "");
    for (text, _) in text.lines().zip(1..=line) {
        if let Some(name) = text.strip_prefix("impl ") {
            kind = name.trim_end_matches(" {");
        } else if let Some((_, name)) = text.split_once("fn ") {
            function = name.split(['(', '<']).next().unwrap_or(name);
        }
    }
    format!("{kind}::{function}")
}
