//! By loom: every interleaving, without a bound on preemptions; and mutants,
//! each of which some model must reject.
//!
//! A mutant is a place of the source where an operation is weaker than it is
//! written: [`Instead`] says how. The operations of [`sync`] look here.

pub mod sync;

use super::{Model, PATIENCE};
use crate::within;
use ::loom::model::Builder;
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};

/// A file of a library, by the end of its path, and its text.
pub type File = (&'static str, &'static str);

/// What a mutant does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Instead {
    /// The same with this ordering.
    Weaker(Ordering),
    /// Nothing, where the source has a fence.
    Nothing,
    /// A load that finds nothing.
    Blind,
    /// A store, whatever is there, where the source swaps or compares.
    Store,
}

impl fmt::Debug for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weaker(ordering) => ordering.fmt(f),
            Self::Nothing => f.write_str("nothing"),
            Self::Blind => f.write_str("a load that finds nothing"),
            Self::Store => f.write_str("a store"),
        }
    }
}

/// A place, and what is done there instead.
#[derive(Clone, Copy, Debug)]
struct Mutant {
    file: &'static str,
    /// Where the ordering stands.
    line: u32,
    /// The call that uses it is at most so many lines below.
    within: u32,
    instead: Instead,
}

thread_local! {
    /// Panics of this thread are results here, and are not printed.
    static QUIET: Cell<bool> = const { Cell::new(false) };
    /// loom runs all threads of a model on the thread of the test.
    static MUTANT: Cell<Option<Mutant>> = const { Cell::new(None) };
    static REACHED: Cell<bool> = const { Cell::new(false) };
}

/// What is done at this place of the source instead, if anything.
fn instead(place: &Location<'_>, wanted: Ordering) -> Option<Instead> {
    let mutant = MUTANT.try_with(Cell::get).ok()??;
    let lines = mutant.line..=mutant.line + mutant.within;
    let here =
        place.file().ends_with(mutant.file) && lines.contains(&place.line());
    let weaker = matches!(mutant.instead, Instead::Weaker(_));
    if !here || (weaker && wanted == Ordering::Relaxed) {
        return None;
    }
    REACHED.set(true);
    Some(mutant.instead)
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

/// loom's threads have stacks of its own, and a model that is done unwinds
/// them. Wine ends the process there.
fn works_here() -> bool {
    // Wine tells its programs where they are.
    let wine = cfg!(windows) && std::env::var_os("WINECONFIGDIR").is_some();
    if wine {
        eprintln!("not tested: Wine doesn't unwind the stacks of loom");
    }
    !wine
}

/// Runs a model in all interleavings. `Ok` has their number, `Err` that of
/// those up to the first that fails.
///
/// # Errors
///
/// When there is one that fails.
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
///
/// # Panics
///
/// When one doesn't, or has one interleaving only; and after ten minutes.
#[track_caller]
pub fn all_hold(models: &'static [Model]) {
    if !works_here() {
        return;
    }
    within(PATIENCE, move || {
        for (name, model) in models {
            match explore(*model) {
                Ok(count) => {
                    assert!(count > 1, "{name}: nothing was interleaved");
                    println!("{name}: {count} interleavings");
                }
                Err(count) => panic!("{name}: fails in interleaving {count}"),
            }
        }
    });
}

/// Every model fails in some interleaving; prints in which.
///
/// # Panics
///
/// When one doesn't; and after ten minutes.
#[track_caller]
pub fn all_fail(models: &'static [Model]) {
    if !works_here() {
        return;
    }
    within(PATIENCE, move || {
        for (name, model) in models {
            match explore(*model) {
                Ok(count) => panic!("{name}: held in all {count}"),
                Err(count) => println!("{name}: found in interleaving {count}"),
            }
        }
    });
}

/// No ordering of these files can be one step weaker, and no fence be left
/// out: some model rejects each mutant. Prints which.
///
/// # Panics
///
/// When every model holds with some mutant, or none comes to its place; when
/// the files have no ordering but `Relaxed`; and after ten minutes.
#[track_caller]
pub fn none_can_be_weaker(files: &'static [File], models: &'static [Model]) {
    if !works_here() {
        return;
    }
    within(PATIENCE, move || {
        let mutants = mutants(files);
        assert!(!mutants.is_empty(), "every ordering is Relaxed");
        let held: Vec<String> = mutants
            .into_iter()
            .filter_map(|mutant| is_rejected(files, mutant, models).err())
            .collect();
        assert!(held.is_empty(), "every model holds: {held:#?}");
    });
}

/// The one line of a file that has this text can't be that instead: some model
/// rejects the mutant. Prints which.
///
/// # Panics
///
/// When every model holds, or none comes to the line; when the text stands in
/// several lines or in none; and after ten minutes.
#[track_caller]
pub fn is_needed(
    file: &'static File,
    text: &'static str,
    instead: Instead,
    models: &'static [Model],
) {
    if !works_here() {
        return;
    }
    within(PATIENCE, move || {
        let files = std::slice::from_ref(file);
        let (file, source) = *file;
        let lines: Vec<u32> = source
            .lines()
            .zip(1..)
            .filter(|(line, _)| line.contains(text))
            .map(|(_, line)| line)
            .collect();
        let [line] = lines[..] else {
            panic!("{file}: {text:?} stands in {} lines", lines.len());
        };
        let mutant = Mutant {
            file,
            line,
            within: 0,
            instead,
        };
        if let Err(held) = is_rejected(files, mutant, models) {
            panic!("every model holds: {held}");
        }
    });
}

/// The mutants of these files: for each ordering, those one step below it.
fn mutants(files: &[File]) -> Vec<Mutant> {
    use Instead::{Nothing, Weaker};
    use Ordering::{AcqRel, Acquire, Relaxed, Release};
    let steps: [(&str, &[Instead]); 4] = [
        ("fence(Ordering::SeqCst)", &[Weaker(AcqRel), Nothing]),
        ("Ordering::AcqRel", &[Weaker(Acquire), Weaker(Release)]),
        ("Ordering::Acquire", &[Weaker(Relaxed)]),
        ("Ordering::Release", &[Weaker(Relaxed)]),
    ];
    let mut mutants = Vec::new();
    for (file, text) in files {
        for (text, line) in text.lines().zip(1..) {
            // An ordering with a name of its own: `let (done, failed) = …`.
            let within = if text.contains("let (") { 8 } else { 0 };
            let of_line = steps
                .iter()
                .filter(|(strong, _)| text.contains(strong))
                .flat_map(|(_, weaker)| weaker.iter());
            let before = mutants.len();
            mutants.extend(of_line.map(|instead| Mutant {
                file,
                line,
                within,
                instead: *instead,
            }));
            let known = mutants.len() > before;
            assert!(
                known || !text.contains("Ordering::SeqCst"),
                "{file}:{line}: what is one step weaker?"
            );
        }
    }
    mutants
}

/// Prints the first model that rejects this mutant. The error is its place.
fn is_rejected(
    files: &[File],
    mutant: Mutant,
    models: &[Model],
) -> Result<(), String> {
    REACHED.set(false);
    let rejects = models.iter().find(|(_, model)| {
        MUTANT.set(Some(mutant));
        let explored = explore(*model);
        MUTANT.set(None);
        explored.is_err()
    });
    let Mutant {
        file,
        line,
        instead,
        ..
    } = mutant;
    assert!(REACHED.get(), "no model comes to {file}:{line}");
    let function = function_of(files, file, line);
    let Some((model, _)) = rejects else {
        return Err(format!("{file}:{line} {function} with {instead:?}"));
    };
    println!("`{function}` with {instead:?}: rejected by \"{model}\"");
    Ok(())
}

/// The type and the function around a line.
fn function_of(files: &[File], file: &str, line: u32) -> String {
    let text = files.iter().find(|(name, _)| *name == file);
    let text = text.map_or("", |(_, text)| text);
    let (mut kind, mut function) = ("", "");
    for (text, _) in text.lines().zip(1..=line) {
        if text.starts_with("impl") {
            // `impl<T> Trait for Kind<T> {`
            let name = text.trim_end_matches(" {").split_whitespace().last();
            kind = name.unwrap_or(kind).split('<').next().unwrap_or(kind);
        } else if let Some((_, name)) = text.split_once("fn ") {
            function = name.split(['(', '<']).next().unwrap_or(name);
        }
    }
    format!("{kind}::{function}")
}
