//! The chapters' own tests: unit, integration, documentation and examples. A
//! package that has passed and has not changed is not tested again.
//!
//! With `--target` they run as cargo and the tool run programs of that platform;
//! where nothing does, all of it is built.

use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use cargo_metadata::{Message, Package, TargetKind};

use super::{Context, Elsewhere, Lane, Stage, libtest};
use crate::cross::Cross;
use crate::cross::record::{self, Done, Row};
use crate::process;
use crate::report::{Failure, Report};
use crate::workbench::in_parallel;

/// To build a package with all that it needs takes minutes, and so do all of
/// its tests; more means that they hang.
const LIMIT: Duration = Duration::from_secs(1800);

pub const STAGE: Stage = Stage {
    name: "crates",
    about: "cargo test for every crate: unit, integration, doc, examples",
    lane: Lane::Programs,
    elsewhere: Elsewhere::Runs,
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let packages = packages(cx, report);
    if packages.is_empty() {
        return Ok(());
    }
    for package in &packages {
        examples(package, report)?;
    }
    told(cx, report);
    let mut changed = Vec::new();
    for &package in &packages {
        let key = cx.key().package(package)?.finish();
        if cx.cache.has_passed(&check(cx, package), key)
            && let Some(tests) = cx.cache.value(&count(cx, package))
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
        return remember(cx, &packages, report);
    }
    // One package a command, as a reader and the other stages name them: with
    // all of them at once, cargo turns on other features of what they share,
    // and would build everything a second time. Side by side, since one is
    // built while the other's tests wait for real time.
    let mut longest = Vec::new();
    let results = in_parallel(&changed, |(package, key)| {
        cx.progress
            .step(format!("cargo test --package {}", package.name));
        match cx.cross {
            Some(cross) if !cross.runs() => build(cx, package, *key),
            _ => test(cx, package, *key),
        }
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
    remember(cx, &packages, report)
}

/// The packages to test. Says which ones have nothing on another platform.
fn packages<'a>(cx: &'a Context<'_>, report: &mut Report) -> Vec<&'a Package> {
    let mut packages = cx.packages();
    if let Some(cross) = cx.cross {
        let all = packages.len();
        packages.retain(|package| cross.has(package));
        let without = all - packages.len();
        if without > 0 {
            let name = cross.platform.name;
            report.remark(format!("{without} crates have nothing for {name}"));
        }
    }
    packages
}

/// Says how the programs of another platform run.
fn told(cx: &Context<'_>, report: &mut Report) {
    if let Some(cross) = cx.cross {
        let name = cross.platform.name;
        report.remark(match cross.runner() {
            Some(runner) => format!("for {name}, by {runner}"),
            None if cross.runs() => format!("for {name}, here"),
            None => {
                let only = cross.only();
                format!("only {only}, for {name}: nothing was run")
            }
        });
    }
}

/// Stores what has passed, if that is asked for and all of it has.
fn remember(
    cx: &Context<'_>,
    packages: &[&Package],
    report: &mut Report,
) -> Result<()> {
    if !cx.record || !report.failures.is_empty() {
        return Ok(());
    }
    let chapters = cx.project.chapters_in_order();
    let chapters = packages
        .iter()
        .filter(|package| chapters.contains(&&**package.name));
    let rows: Vec<Row> = chapters.map(|package| row(cx, package)).collect();
    report.remark(format!("{} chapters recorded", rows.len()));
    record::store(cx.project, rows)
}

/// What is stored of a package that has passed.
fn row(cx: &Context<'_>, package: &Package) -> Row {
    let kept = |name: &str| cx.cache.value(name).unwrap_or(0);
    let here = crate::provenance::here("cargo xtask test crates");
    let seconds = kept(&time(cx, package));
    let date = UNIX_EPOCH + Duration::from_secs(seconds);
    let mut row = Row {
        target: cx.project.host().to_owned(),
        chapter: package.name.to_string(),
        done: Done::Run,
        count: usize::try_from(kept(&count(cx, package))).unwrap_or(0),
        left_out: usize::try_from(kept(&left_out(cx, package))).unwrap_or(0),
        by: None,
        command: here.command,
        rustc: here.rustc,
        date: crate::provenance::day(date),
    };
    if let Some(cross) = cx.cross {
        row.target = cross.platform.triple.to_owned();
        row.by = cross.runner();
        row.command += &format!(" --target {}", row.target);
        row.rustc.clone_from(&cross.rustc);
        row.done = cross.done();
    }
    row
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
    if cx.cross.is_some_and(|cross| !cross.runs()) {
        return;
    }
    let sum: f64 = programs.iter().map(|(seconds, _)| seconds).sum();
    report.remark(format!("their tests ran for {sum:.0} s"));
    cx.longest("the test programs", programs, report);
}

fn check(cx: &Context<'_>, package: &Package) -> String {
    format!("crate {}{}", package.name, cx.for_target())
}

/// Under this name is kept how many tests have passed.
fn count(cx: &Context<'_>, package: &Package) -> String {
    format!("tests of {}", check(cx, package))
}

/// Under this name is kept how many of them could test nothing.
fn left_out(cx: &Context<'_>, package: &Package) -> String {
    format!("left out of {}", check(cx, package))
}

/// Under this name is kept when that was, in seconds since 1970.
fn time(cx: &Context<'_>, package: &Package) -> String {
    format!("time of {}", check(cx, package))
}

/// Keeps that a package has passed.
fn passed(
    cx: &Context<'_>,
    package: &Package,
    key: u64,
    tests: usize,
    idle: usize,
) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |time| time.as_secs());
    cx.cache.passed(&check(cx, package), key);
    cx.cache.passed(&count(cx, package), tests as u64);
    cx.cache.passed(&left_out(cx, package), idle as u64);
    cx.cache.passed(&time(cx, package), now);
}

/// Builds all of a package for a platform whose programs don't run here.
fn build(cx: &Context<'_>, package: &Package, key: u64) -> Result<Outcome> {
    let mut command = cx.cargo("build");
    command
        .args(["--all-targets", "--package", &package.name])
        .arg("--message-format=json-render-diagnostics");
    cx.wait_for_builds();
    let done = process::run(&mut command, LIMIT)?;
    let mut built = HashSet::new();
    for message in Message::parse_stream(done.output.as_bytes()) {
        if let Message::CompilerArtifact(artifact) = message?
            && artifact.package_id == package.id
        {
            built.insert((artifact.target.name, artifact.profile.test));
        }
    }
    if !done.success() {
        cx.cache.failed(&check(cx, package));
        let lines = done.output.lines().filter(|line| !line.starts_with('{'));
        let text: Vec<&str> = lines.collect();
        let (ending, text) = (done.ending(), text.join("\n"));
        let error = format!("cargo build {ending}:\n{text}");
        return Ok(Outcome::NotBuilt(error));
    }
    passed(cx, package, key, built.len(), 0);
    let mut report = Report::default();
    report.checked += built.len();
    Ok(Outcome::Tested(report, Vec::new()))
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
    let mut command = cx.cargo("test");
    command.args(["--no-fail-fast", "--package", &package.name]);
    // Of what has passed, too: it may say that it could test nothing.
    command.args(["--", "--show-output"]);
    command.args(cx.cross.map_or(&[][..], Cross::test_arguments));
    // A test that compiles programs may take longer than a minute, and one in
    // an emulator.
    let long = package.metadata["book"]["long-tests"] == true
        || cx.cross.is_some_and(Cross::is_emulated);
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
        cx.cache.failed(&check(cx, package));
        return Ok(Outcome::NotBuilt(format!(
            "cargo test {}:\n{}",
            done.ending(),
            done.output
        )));
    }
    let passed: usize = libtest::results(&done.output)
        .map(|result| result.passed)
        .sum();
    // Those that the source leaves out, and says why, count as others that
    // can test nothing.
    let mut idle = libtest::ignored(&done.output);
    let count = passed + idle.len();
    let ignored: usize = libtest::results(&done.output)
        .map(|result| result.ignored)
        .sum();
    if ignored > idle.len() {
        let without_reason = ignored - idle.len();
        report.remark(format!("{without_reason} of {} ignored", package.name));
    }
    report.checked += count;
    // cargo says which test program runs, then comes its list of failures.
    for run in done.output.split(RUNNING).flat_map(doc_tests) {
        idle.extend(libtest::left_out(run));
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
            check(cx, package),
            format!("cargo test {}:\n{}", done.ending(), done.output),
        );
    } else if passed == 0 && report.failures.is_empty() {
        report.fail_at(
            check(cx, package),
            format!("no test has run, so none has passed:\n{}", done.output),
        );
    }
    if report.failures.is_empty() {
        self::passed(cx, package, key, count, idle.len());
    } else {
        cx.cache.failed(&check(cx, package));
    }
    tell_idle(cx, package, idle, &mut report);
    Ok(Outcome::Tested(report, programs))
}

/// Tells of tests that could test nothing: how many, and for another platform
/// which, and why.
fn tell_idle(
    cx: &Context<'_>,
    package: &Package,
    idle: Vec<(String, String)>,
    report: &mut Report,
) {
    if idle.is_empty() {
        return;
    }
    let (name, count) = (&package.name, idle.len());
    report.remark(format!("{count} of {name} could test nothing"));
    if cx.cross.is_some() {
        let told = idle.into_iter().map(|(test, why)| Failure {
            at: format!("{name}: {test}"),
            message: format!("could test nothing: {why}"),
        });
        report.notes.extend(told);
    }
}

/// What cargo says before it runs a test program.
const RUNNING: &str = "     Running ";

/// What it says before it runs the tests of a documentation.
const DOC_TESTS: &str = "   Doc-tests ";

fn doc_tests(run: &str) -> impl Iterator<Item = &str> {
    run.split(DOC_TESTS)
}
