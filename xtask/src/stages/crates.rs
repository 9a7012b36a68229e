//! The chapters' own tests: unit, integration, documentation and examples. A
//! package that has passed and has not changed is not tested again.

use std::collections::HashSet;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use cargo_metadata::{Package, TargetKind};

use super::{Context, Lane, Stage, libtest};
use crate::process;
use crate::report::Report;
use crate::workbench::in_parallel;

/// To build a package with all that it needs takes minutes, and so do all of
/// its tests; more means that they hang.
const LIMIT: Duration = Duration::from_secs(1800);

pub const STAGE: Stage = Stage {
    name: "crates",
    about: "cargo test for every crate: unit, integration, doc, examples",
    lane: Lane::Programs,
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let packages = cx.packages();
    if packages.is_empty() {
        return Ok(());
    }
    for package in &packages {
        examples(package, report)?;
    }
    let mut changed = Vec::new();
    for package in packages {
        let key = cx.key().package(package)?.finish();
        if cx.cache.has_passed(&check(package), key)
            && let Some(tests) = cx.cache.value(&count(package))
        {
            // No machine holds as many tests as would not fit.
            let tests = usize::try_from(tests).unwrap_or(usize::MAX);
            report.checked += tests;
            report.unchanged += tests;
        } else {
            changed.push((package, key));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    // One package a command, as a reader and the other stages name them: with
    // all of them at once, cargo turns on other features of what they share,
    // and would build everything a second time. Side by side, since one is
    // built while the other's tests wait for real time.
    let mut longest = Vec::new();
    let results = in_parallel(&changed, |(package, key)| {
        cx.progress
            .step(format!("cargo test --package {}", package.name));
        test(cx, package, *key)
    });
    let mut broken = HashSet::new();
    for result in results {
        match result? {
            Outcome::Tested(tested, programs) => {
                longest.extend(programs);
                report.absorb(tested);
            }
            // A library that does not compile breaks all that need it.
            Outcome::NotBuilt(error) => {
                if broken.insert(culprit(&error).to_owned()) {
                    report.fail_at("crates", error);
                }
            }
        }
    }
    timings(cx, longest, report);
    Ok(())
}

/// Each example has a test.
fn examples(package: &Package, report: &mut Report) -> Result<()> {
    let examples = package
        .targets
        .iter()
        .filter(|target| target.is_kind(TargetKind::Example));
    for target in examples {
        let at = format!("{} example {}", package.name, target.name);
        let text = std::fs::read_to_string(&target.src_path)?;
        if !target.test {
            report.fail_at(
                at,
                "it is never tested: add `test = true` to its [[example]] in \
                 Cargo.toml, and a test that asserts what it prints",
            );
        } else if !text.contains("#[test]") {
            report.fail_at(at, "it has no test: one asserts what it prints");
        }
    }
    Ok(())
}

/// A test program and how long its tests ran, in seconds.
type Timed = (f64, String);

fn timings(cx: &Context<'_>, programs: Vec<Timed>, report: &mut Report) {
    let sum: f64 = programs.iter().map(|(seconds, _)| seconds).sum();
    report.remark(format!("their tests ran for {sum:.0} s"));
    cx.longest("the test programs", programs, report);
}

fn check(package: &Package) -> String {
    format!("crate {}", package.name)
}

/// Under this name is kept how many tests have passed.
fn count(package: &Package) -> String {
    format!("tests of crate {}", package.name)
}

fn cargo_test(cx: &Context<'_>) -> Command {
    let mut command = process::cargo(&cx.project.root, &cx.project.target());
    command.args(["test", "--no-fail-fast", "--locked"]);
    command
}

/// What became of the tests of a package.
enum Outcome {
    /// They have run.
    Tested(Report, Vec<Timed>),
    /// They do not compile; what cargo says of it.
    NotBuilt(String),
}

/// What does not compile, as cargo names it; not whether it was the library or
/// the library for its own tests, which depends on which was first.
fn culprit(error: &str) -> &str {
    let mut lines = error.lines();
    let name = lines.find_map(|line| line.strip_prefix(NOT_COMPILED));
    name.and_then(|name| name.split(" (").next())
        .unwrap_or(error)
}

/// How that line begins.
const NOT_COMPILED: &str = "error: could not compile ";

fn test(cx: &Context<'_>, package: &Package, key: u64) -> Result<Outcome> {
    let mut report = Report::default();
    let mut programs = Vec::new();
    let mut command = cargo_test(cx);
    command.args(["--package", &package.name]);
    // A test that compiles programs may take longer than a minute.
    let long = package.metadata["book"]["long-tests"] == true;
    let run = if long {
        process::run_long_tests
    } else {
        process::run
    };
    // Waiting for cargo's folder would count as this package's time.
    cx.wait_for_builds();
    let done = run(&mut command, LIMIT)?;
    // Of a library whose tests have run, a test of the documentation may be
    // what does not compile: that is a failed test.
    let ran = [RUNNING, DOC_TESTS].iter().any(|t| done.output.contains(t));
    if !done.success() && !ran {
        cx.cache.failed(&check(package));
        return Ok(Outcome::NotBuilt(format!(
            "cargo test {}:\n{}",
            done.ending(),
            done.output
        )));
    }
    let passed: usize = libtest::results(&done.output)
        .map(|result| result.passed)
        .sum();
    let ignored: usize = libtest::results(&done.output)
        .map(|result| result.ignored)
        .sum();
    if ignored > 0 {
        report.remark(format!("{ignored} of {} ignored", package.name));
    }
    report.checked += passed;
    // cargo says which test program runs, then comes its list of failures.
    for run in done.output.split(RUNNING).flat_map(doc_tests) {
        let program = run.lines().next().unwrap_or_default();
        let seconds = libtest::results(run).map(|result| result.seconds).sum();
        programs.push((seconds, format!("{} {program}", package.name)));
        for (test, message) in libtest::failures(run) {
            report.checked += 1;
            report.fail_at(format!("{program}: {test}"), message);
        }
    }
    if !done.success() && report.failures.is_empty() {
        report.fail_at(
            check(package),
            format!("cargo test {}:\n{}", done.ending(), done.output),
        );
    } else if passed == 0 && report.failures.is_empty() {
        report.fail_at(
            check(package),
            format!("no test has run, so none has passed:\n{}", done.output),
        );
    }
    if report.failures.is_empty() {
        cx.cache.passed(&check(package), key);
        cx.cache.passed(&count(package), passed as u64);
    } else {
        cx.cache.failed(&check(package));
    }
    Ok(Outcome::Tested(report, programs))
}

/// What cargo says before it runs a test program.
const RUNNING: &str = "     Running ";

/// What it says before it runs the tests of a documentation.
const DOC_TESTS: &str = "   Doc-tests ";

fn doc_tests(run: &str) -> impl Iterator<Item = &str> {
    run.split(DOC_TESTS)
}
