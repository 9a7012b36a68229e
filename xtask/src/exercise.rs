//! The exercises: where they are, how one is run, what is still failing.
//!
//! An exercise is a test target of a crate whose source lies in `exercises/`;
//! its solution is the target `solution_NAME` in `solutions/`. Either may lie
//! in the place of the other: both name their tests by the same path. A
//! stub says in its documentation how it fails until it is solved:
//! ``//! Fails until solved: `text` ``.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use cargo_metadata::TargetKind;
use cargo_metadata::camino::Utf8Path;

use crate::process::{self, Finished};
use crate::progress::Board;
use crate::project::{Project, folder};
use crate::stages::libtest;
use crate::unknown;
use crate::workbench::BUILD_LIMIT;

/// An exercise takes seconds to run; more means that it hangs. After a minute
/// libtest names the test that does.
const LIMIT: Duration = Duration::from_secs(80);

/// How much is shown of an output that is no list of failures.
const LINES: usize = 100;

/// One exercise.
#[derive(Debug)]
pub struct Exercise {
    /// The crate that it belongs to.
    pub package: String,
    /// The name of its test target.
    pub name: String,
    /// The file that the reader edits, relative to the project's root.
    pub file: PathBuf,
    /// What every failing test of the stub says.
    pub reasons: Vec<String>,
    /// Is it for some platforms only? Then it may have no tests on this one.
    pub elsewhere: bool,
    /// The first line of its description.
    pub title: String,
    /// The name of the solution's test target, if there is one.
    pub solution: Option<String>,
    /// The solution's file, relative to the project's root.
    pub solution_file: Option<PathBuf>,
}

impl Exercise {
    /// The exercise's name on the command line.
    pub fn id(&self) -> String {
        format!("{}/{}", self.package, self.name)
    }

    /// Builds and runs one of the package's test targets. Building may take
    /// its time; what was built gets a minute.
    ///
    /// # Errors
    /// When cargo does not start.
    pub fn run(&self, project: &Project, target: &str) -> Result<Finished> {
        let cargo = || {
            let mut command = process::cargo(&project.root, &project.target());
            command.args(["test", "--quiet", "--locked"]).args([
                "--package",
                &self.package,
                "--test",
                target,
            ]);
            command
        };
        let built = process::run(cargo().arg("--no-run"), BUILD_LIMIT)?;
        if !built.success() {
            return Ok(built);
        }
        process::run(&mut cargo(), LIMIT)
    }
}

/// The line by which an exercise or a solution names the file of its tests,
/// and its number, counted from 1.
pub fn tests_line(text: &str) -> Option<(usize, &str)> {
    let mut lines = text.lines().enumerate();
    let (index, line) = lines.find(|(_, l)| l.starts_with("#[path = "))?;
    Some((index + 1, line))
}

/// All exercises, in the order of the crates.
///
/// # Errors
/// When a stub cannot be read.
pub fn all(project: &Project) -> Result<Vec<Exercise>> {
    let mut exercises = Vec::new();
    for package in project.packages() {
        let stubs = folder(package).join("exercises");
        let tests: Vec<_> = package
            .targets
            .iter()
            .filter(|target| target.is_kind(TargetKind::Test))
            .collect();
        for target in &tests {
            if target.src_path.parent().map(|p| p.as_std_path())
                != Some(stubs.as_path())
            {
                continue;
            }
            let text = std::fs::read_to_string(&target.src_path)
                .with_context(|| target.src_path.to_string())?;
            let docs = || text.lines().filter_map(|l| l.strip_prefix("//!"));
            let solution = format!("solution_{}", target.name);
            let solution = tests.iter().find(|other| other.name == solution);
            let inside = |path: &Utf8Path| {
                let path = path.as_std_path().strip_prefix(&project.root);
                path.map(Path::to_owned)
            };
            exercises.push(Exercise {
                package: package.name.to_string(),
                name: target.name.clone(),
                file: inside(&target.src_path)?,
                reasons: docs()
                    .filter_map(|line| {
                        line.trim()
                            .strip_prefix("Fails until solved:")?
                            .trim()
                            .strip_prefix('`')?
                            .strip_suffix('`')
                    })
                    .map(str::to_owned)
                    .collect(),
                elsewhere: text.lines().any(|l| l.starts_with("#![cfg(")),
                title: docs()
                    .map(|line| line.trim().trim_start_matches("# "))
                    .find(|line| !line.is_empty())
                    .unwrap_or_default()
                    .to_owned(),
                solution: solution.map(|other| other.name.clone()),
                solution_file: solution
                    .map(|other| inside(&other.src_path))
                    .transpose()?,
            });
        }
    }
    Ok(exercises)
}

/// The last lines of an output: of one that never ends, nobody wants all.
fn end_of(output: &str) -> String {
    let lines: Vec<&str> = output.trim_end().lines().collect();
    let from = lines.len().saturating_sub(LINES);
    let mut text = lines[from..].join("\n");
    if from > 0 {
        text.insert_str(0, &format!("… after {from} other lines:\n"));
    }
    text
}

/// `cargo xtask exercise [ID]`. True when nothing is left to do.
///
/// # Errors
/// Wrong use for an unknown name.
pub fn command(project: &Project, id: Option<&str>) -> Result<bool> {
    let exercises = all(project)?;
    let Some(id) = id else {
        for exercise in &exercises {
            println!("{:<32} {}", exercise.id(), exercise.title);
        }
        println!(
            "\nEdit the stub, then run: cargo xtask exercise NAME\n\
             The stubs lie in each crate's exercises/, their solutions in its \
             solutions/"
        );
        return Ok(true);
    };
    let named: Vec<&Exercise> = exercises
        .iter()
        .filter(|exercise| exercise.id() == id || exercise.name == id)
        .collect();
    let [exercise] = named[..] else {
        let ids: Vec<String> = exercises.iter().map(Exercise::id).collect();
        return Err(unknown("exercise", id, ids.iter().map(String::as_str)));
    };
    println!("{}: {}", project.shown(&exercise.file), exercise.title);
    let board = Board::start();
    let progress = board.begin("exercise");
    progress.step(format!("running {}", exercise.name));
    let done = exercise.run(project, &exercise.name)?;
    drop(progress);
    let failures = libtest::failures(&done.output);
    let results: Vec<_> = libtest::results(&done.output).collect();
    let passed: usize = results.iter().map(|result| result.passed).sum();
    if done.success() && passed > 0 {
        println!("solved: {passed} tests pass");
        return Ok(true);
    }
    if failures.is_empty() {
        println!("{}\ncargo test {}", end_of(&done.output), done.ending());
        return Ok(false);
    }
    for (test, message) in &failures {
        println!("\nstill failing: {test}");
        for line in message.trim().lines() {
            println!("  {line}");
        }
    }
    println!("\n{passed} tests pass, {} fail", failures.len());
    Ok(false)
}
