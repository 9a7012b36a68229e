//! Every stage of `cargo xtask test` accepts a good book and rejects the
//! broken ones that are made for it, at the place where they are broken.
//!
//! A folder of `fixtures/broken` is laid over `fixtures/good`. Its
//! `expect.toml` says what the tool must find wrong: all of it, and nothing
//! else. Its keys:
//!
//! - `why`: what is broken, in words;
//! - `before`: stages that run before, and must pass;
//! - `remove`: files or folders of the good book that are missing here;
//! - `needs`: what must be installed, of `dictionary` and `browser`;
//! - `consequences`: pages on which more may be wrong because of that;
//! - `[[expect]]`: a failure: its `stage`; `at`, with which its place begins
//!   (empty: the line of the stage itself); `says`, which stands in it.
//!
//! `@ROOT@` in a file stands for the folder in which the book is laid out.
//!
//! `XTASK_FIXTURES=lint- cargo test -p xtask --test fixtures broken_book_is` looks
//! at those alone whose name has `lint-` in it. `XTASK_TIMINGS=1` says how long each
//! has taken.

mod support;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Instant;

use support::{Book, Outcome, Ran, Slot};
use toml_edit::{DocumentMut, Item, Table};

/// Fewer broken books than this mean that some were lost.
const AT_LEAST: usize = 40;

/// Set to a part of a name: only broken books of such a name are looked at.
const ONLY: &str = "XTASK_FIXTURES";

/// Set: how long each broken book takes is told.
const TIMINGS: &str = "XTASK_TIMINGS";

/// Stages that need a program which may be missing, and its name in `needs`.
const OPTIONAL: &[(&str, &str)] =
    &[("spelling", "dictionary"), ("browser", "browser")];

#[test]
fn the_good_book_passes_every_stage() {
    let slot = Slot::with_skeptic();
    slot.lay_out(&Book::good());
    let ran = slot.tool(&["test"]);
    let outcomes = ran.stages();
    let names: Vec<&str> = outcomes.iter().map(|o| &*o.stage).collect();
    assert_eq!(names, support::stages(), "{ran}");
    for outcome in &outcomes {
        if missing(outcome) {
            continue;
        }
        assert_eq!(outcome.verdict, "ok", "{}: {ran}", outcome.stage);
        assert!(outcome.checked() > 0, "{}: {ran}", outcome.stage);
    }
    assert_eq!(ran.code(), Some(0), "{ran}");
}

/// Was the stage skipped because of a program that need not be here?
fn missing(outcome: &Outcome) -> bool {
    let optional = OPTIONAL.iter().any(|(stage, _)| *stage == outcome.stage);
    let missing = optional && outcome.verdict == "skipped";
    if missing {
        support::say(format_args!(
            "not tested: {} {}",
            outcome.stage, outcome.rest
        ));
        let strict = std::env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!strict, "CI=true: {} {}", outcome.stage, outcome.rest);
    }
    missing
}

#[test]
fn every_broken_book_is_rejected_where_it_is_broken() {
    let mut fixtures = all();
    if let Ok(part) = std::env::var(ONLY) {
        fixtures.retain(|fixture| fixture.name.contains(&part));
        assert!(!fixtures.is_empty(), "no fixture has {part:?} in its name");
    }
    let count = fixtures.len();
    let (skeptic, others): (Vec<Fixture>, Vec<Fixture>) =
        fixtures.into_iter().partition(Fixture::needs_skeptic);
    let skeptic = Mutex::new(VecDeque::from(skeptic));
    let others = Mutex::new(VecDeque::from(others));
    let wrong = Mutex::new(Vec::new());
    let next = |queue: &Mutex<VecDeque<Fixture>>| lock(queue).pop_front();
    let told = std::env::var_os(TIMINGS).is_some();
    let check = |slot: &Slot, fixture: &Fixture| {
        let started = Instant::now();
        let checked = fixture.check(slot);
        if told {
            support::say(format_args!(
                "took {:.2} s: broken book {}",
                started.elapsed().as_secs_f64(),
                fixture.name
            ));
        }
        if let Err(message) = checked {
            lock(&wrong).push(format!("{}: {message}", fixture.name));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while let Some(fixture) = next(&others) {
                check(&Slot::any(), &fixture);
            }
        });
        while let Some(fixture) = next(&skeptic) {
            check(&Slot::with_skeptic(), &fixture);
        }
        while let Some(fixture) = next(&others) {
            check(&Slot::any(), &fixture);
        }
    });
    let wrong = wrong.into_inner().unwrap_or_else(|e| e.into_inner());
    assert!(
        wrong.is_empty(),
        "{} of {count} broken books:\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What it holds is whole between any two of its operations.
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

#[test]
fn every_stage_has_a_broken_book() {
    let fixtures = all();
    assert!(
        fixtures.len() > AT_LEAST,
        "only {} fixtures",
        fixtures.len()
    );
    let mut counts: BTreeMap<String, usize> = support::stages()
        .into_iter()
        .map(|name| (name, 0))
        .collect();
    for fixture in &fixtures {
        for stage in fixture.rejected_by() {
            let count = counts.get_mut(stage).unwrap_or_else(|| {
                panic!("{}: no stage is called {stage:?}", fixture.name)
            });
            *count += 1;
        }
    }
    println!("{} broken books; by stage: {counts:?}", fixtures.len());
    for (stage, count) in counts {
        assert!(count > 0, "no broken book for the stage {stage}");
    }
}

/// The keys of an `expect.toml`.
const KEYS: &[&str] =
    &["why", "before", "remove", "needs", "consequences", "expect"];

/// A broken book.
#[derive(Debug)]
struct Fixture {
    name: String,
    book: Book,
    before: Vec<String>,
    needs: Vec<String>,
    consequences: Vec<String>,
    expected: Vec<Expected>,
}

/// A failure that a stage must find.
#[derive(Debug)]
struct Expected {
    stage: String,
    at: String,
    says: String,
}

/// All broken books, in the order of their names.
#[track_caller]
fn all() -> Vec<Fixture> {
    let folder = support::fixtures().join("broken");
    let mut books: BTreeMap<String, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for (path, content) in support::files(&folder) {
        let (name, file) = path
            .split_once('/')
            .unwrap_or_else(|| panic!("{path} lies in no fixture's folder"));
        let files = books.entry(name.to_owned()).or_default();
        files.push((file.to_owned(), content));
    }
    books
        .into_iter()
        .map(|(name, files)| Fixture::read(&name, files))
        .collect()
}

impl Fixture {
    #[track_caller]
    fn read(name: &str, files: Vec<(String, Vec<u8>)>) -> Fixture {
        let good = Book::good();
        let mut book = good.clone();
        let mut expect = None;
        let mut changes = 0;
        for (path, content) in files {
            if path == "expect.toml" {
                expect = Some(content);
                continue;
            }
            assert!(
                !good.has(&path, &content),
                "{name}/{path} is that of the good book: remove it"
            );
            changes += 1;
            book.set(&path, content);
        }
        let expect =
            expect.unwrap_or_else(|| panic!("{name} has no expect.toml"));
        let text = String::from_utf8_lossy(&expect).into_owned();
        let document: DocumentMut = text
            .parse()
            .unwrap_or_else(|error| panic!("{name}/expect.toml: {error}"));
        let table = document.as_table();
        known_keys(name, table, KEYS);
        assert!(!string(name, table, "why").is_empty(), "{name}: why?");
        for path in strings(name, table, "remove") {
            changes += 1;
            book.remove(&path);
        }
        assert!(changes > 0, "{name} changes nothing");
        let mut expected = Vec::new();
        let tables = table.get("expect").and_then(Item::as_array_of_tables);
        for table in tables.into_iter().flatten() {
            known_keys(name, table, &["stage", "at", "says"]);
            expected.push(Expected {
                stage: string(name, table, "stage"),
                at: string(name, table, "at"),
                says: string(name, table, "says"),
            });
        }
        assert!(!expected.is_empty(), "{name} expects nothing");
        Fixture {
            name: name.to_owned(),
            book,
            before: strings(name, table, "before"),
            needs: strings(name, table, "needs"),
            consequences: strings(name, table, "consequences"),
            expected,
        }
    }

    /// The stages that must reject it.
    fn rejected_by(&self) -> Vec<&str> {
        let mut stages: Vec<&str> =
            self.expected.iter().map(|e| &*e.stage).collect();
        stages.sort_unstable();
        stages.dedup();
        stages
    }

    fn needs_skeptic(&self) -> bool {
        self.rejected_by().contains(&"programs")
    }

    /// Lays the book out and runs its stages on it.
    fn check(&self, slot: &Slot) -> Result<(), String> {
        let mut book = self.book.clone();
        let root = slot.root.to_string_lossy().replace('\\', "/");
        book.fill_in("@ROOT@", &root);
        slot.lay_over(&book);
        // A book that is broken is broken the second time, too.
        let mut arguments = vec!["test", "--once"];
        arguments.extend(self.before.iter().map(String::as_str));
        arguments.extend(self.rejected_by());
        let ran = slot.tool(&arguments);
        let outcomes = ran.stages();
        for outcome in &outcomes {
            let optional = OPTIONAL
                .iter()
                .filter(|(stage, _)| *stage == outcome.stage)
                .any(|(_, need)| self.needs.iter().any(|n| n == need));
            if optional && missing(outcome) {
                return Ok(());
            }
        }
        self.judge(&ran, &outcomes)
            .map_err(|message| format!("{message}\n{ran}"))
    }

    /// Every failure is expected, and everything that is expected has failed.
    fn judge(&self, ran: &Ran, outcomes: &[Outcome]) -> Result<(), String> {
        if ran.code() != Some(1) {
            return Err(format!("exit code {:?}, not 1", ran.code()));
        }
        for stage in &self.before {
            if !outcomes
                .iter()
                .any(|o| o.stage == *stage && o.verdict == "ok")
            {
                return Err(format!("the stage {stage} must pass"));
            }
        }
        for stage in self.rejected_by() {
            let expected: Vec<&Expected> =
                self.expected.iter().filter(|e| e.stage == stage).collect();
            let outcome = outcomes.iter().find(|o| o.stage == stage);
            let found = match outcome {
                Some(outcome) if outcome.verdict == "FAIL" => found_by(outcome),
                Some(_) => return Err(format!("{stage} accepts it")),
                // A book that cannot be read is rejected before any stage.
                None => found_before_all(ran),
            };
            compare(&expected, found, &self.consequences)
                .map_err(|message| format!("{stage}: {message}"))?;
        }
        Ok(())
    }
}

/// What a stage found wrong; if nothing, then its line says what is wrong.
fn found_by(outcome: &Outcome) -> Vec<(&str, &str)> {
    let failures = &outcome.failures;
    if failures.is_empty() {
        return vec![("", &outcome.rest)];
    }
    failures.iter().map(|f| (&*f.at, &*f.message)).collect()
}

/// The error with which the tool ended.
fn found_before_all(ran: &Ran) -> Vec<(&str, &str)> {
    ran.stderr
        .lines()
        .filter_map(|line| line.strip_prefix("error: "))
        .map(|error| (error, error))
        .collect()
}

/// Pairs what was expected with what was found.
fn compare(
    expected: &[&Expected],
    found: Vec<(&str, &str)>,
    consequences: &[String],
) -> Result<(), String> {
    let mut left = found;
    for expected in expected {
        let place = left.iter().position(|(at, message)| {
            begins(at, &expected.at)
                && (message.contains(&expected.says)
                    || at.contains(&expected.says))
        });
        match place {
            Some(index) => _ = left.remove(index),
            None => {
                return Err(format!(
                    "it does not say {:?} at {:?}",
                    expected.says, expected.at
                ));
            }
        }
    }
    left.retain(|(at, _)| !consequences.iter().any(|page| begins(at, page)));
    match left.first() {
        None => Ok(()),
        Some((at, message)) => Err(format!("not expected: {at}: {message}")),
    }
}

/// Is `place` the place `wanted`, or one that says more, such as the source of
/// an included line?
fn begins(place: &str, wanted: &str) -> bool {
    place.strip_prefix(wanted).is_some_and(|rest| {
        wanted.is_empty() == place.is_empty()
            && !rest.starts_with(|c: char| c.is_alphanumeric())
    })
}

#[track_caller]
fn known_keys(name: &str, table: &Table, known: &[&str]) {
    for (key, _) in table {
        assert!(known.contains(&key), "{name}/expect.toml: {key:?}?");
    }
}

#[track_caller]
fn string(name: &str, table: &Table, key: &str) -> String {
    table
        .get(key)
        .and_then(Item::as_str)
        .unwrap_or_else(|| panic!("{name}/expect.toml: {key} is a text"))
        .to_owned()
}

#[track_caller]
fn strings(name: &str, table: &Table, key: &str) -> Vec<String> {
    let Some(item) = table.get(key) else {
        return Vec::new();
    };
    let array = item
        .as_array()
        .unwrap_or_else(|| panic!("{name}/expect.toml: {key} is a list"));
    array
        .iter()
        .map(|value| {
            value
                .as_str()
                .unwrap_or_else(|| panic!("{name}/expect.toml: {key}"))
                .to_owned()
        })
        .collect()
}

#[test]
fn a_place_is_not_the_beginning_of_another() {
    assert!(begins("book/a.md:1", "book/a.md:1"));
    assert!(begins("book/a.md:1 (src/a.rs:2)", "book/a.md:1"));
    assert!(!begins("book/a.md:12", "book/a.md:1"));
    assert!(!begins("book/a.md:1", "book/a.md:12"));
    assert!(!begins("book/a.md:1", ""));
}
