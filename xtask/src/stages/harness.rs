//! The tool's own tests: above all that every stage rejects the broken
//! fixtures that are made for it, at the right line.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::{Context, Elsewhere, Lane, Stage, libtest};
use crate::process;
use crate::report::Report;
use crate::workbench::BUILD_LIMIT;

pub const STAGE: Stage = Stage {
    name: "harness",
    about: "the tool's own tests: every broken fixture is rejected",
    lane: Lane::Pages,
    elsewhere: Elsewhere::Not("it tests the tool, which runs here"),
    run,
};

const LIMIT: Duration = Duration::from_secs(1500);

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    // The tool does not depend on the chapters.
    if !cx.only.is_empty() {
        return Ok(());
    }
    let tool = env!("CARGO_PKG_NAME");
    let packages = cx.project.metadata.workspace_packages();
    let Some(package) = packages.iter().find(|p| p.name == tool) else {
        report.skip("a project that has the tool in its workspace");
        return Ok(());
    };
    let mut key = cx.key();
    key.folder(&crate::own_folder())?;
    // The crates that the tool is made of; and the broken books have the
    // versions and the look of this one.
    let root = &cx.project.root;
    key.package(package)?.file("book.toml")?;
    let theme = root.join(cx.project.src()).join("theme");
    if theme.is_dir() {
        key.folder(&theme)?;
    }
    let key = key.finish();
    if cx.cache.has_passed("harness", key)
        && let Some(count) = cx.cache.value("harness tests")
    {
        report.checked = usize::try_from(count)?;
        report.unchanged = report.checked;
        return Ok(());
    }
    cx.progress.step("building the tool's tests");
    let cargo = || {
        let mut command =
            process::cargo(&cx.project.root, &cx.project.target());
        command.args(["test", "--quiet", "--no-fail-fast", "--locked"]);
        command.args(["--package", tool]);
        if cx.timings {
            command.env(TIMINGS, "1");
        }
        command
    };
    let building = cx.begin_to_build();
    let built = process::run(cargo().arg("--no-run"), BUILD_LIMIT)?;
    drop(building);
    if !built.success() {
        report.fail_at(
            tool,
            format!("cargo test {}:\n{}", built.ending(), built.output),
        );
        return Ok(());
    }
    cx.progress.step("running the tool on broken books");
    let mut command = cargo();
    let done = process::run_long_tests(&mut command, LIMIT)?;
    for result in libtest::results(&done.output) {
        report.checked += result.passed + result.failed;
    }
    cx.longest("the broken books", took(&done.output), report);
    if done.success() && report.checked > 0 {
        cx.cache.passed("harness", key);
        cx.cache.passed("harness tests", report.checked as u64);
        return Ok(());
    }
    let failed = failures(&done.output);
    if failed.is_empty() || crashed(&done.output) {
        report.fail_at(
            tool,
            format!("cargo test {}:\n{}", done.ending(), done.output),
        );
        return Ok(());
    }
    cx.progress.step("running what failed once more");
    again(cargo(), tool, failed, report)?;
    if report.failures.is_empty() {
        cx.cache.passed("harness", key);
        cx.cache.passed("harness tests", report.checked as u64);
    }
    Ok(())
}

/// Asks the tests to say how long each broken book takes.
const TIMINGS: &str = "XTASK_TIMINGS";

/// What they have said, in lines like `took 1.25 s: broken book NAME`.
fn took(output: &str) -> Vec<(f64, String)> {
    let timed = |line: &str| {
        // Before it may stand the dots of `--quiet`.
        let (_, rest) = line.split_once("took ")?;
        let (seconds, name) = rest.split_once(" s: broken book ")?;
        Some((seconds.parse().ok()?, name.to_owned()))
    };
    output.lines().filter_map(timed).collect()
}

/// Runs the failed tests once more, with no others beside them: a busy machine
/// can break a test that waits for real time.
fn again(
    mut command: Command,
    tool: &str,
    failed: Vec<(String, String)>,
    report: &mut Report,
) -> Result<()> {
    command.args(["--", "--exact"]);
    command.args(failed.iter().map(|(name, _)| name));
    let second = process::run_long_tests(&mut command, LIMIT)?;
    let still = failures(&second.output);
    for (name, message) in failed {
        let at = format!("{tool}: {name}");
        match still.iter().find(|(other, _)| *other == name) {
            Some((_, message)) => report.fail_at(at, message.clone()),
            None if second.success() => report.passed_at_last(at, message),
            None => report.fail_at(at, message),
        }
    }
    Ok(())
}

/// Has a test program ended without saying what its tests did?
fn crashed(output: &str) -> bool {
    let programs = output.lines().filter(|line| line.starts_with("running "));
    programs.count() != libtest::results(output).count()
}

/// The failed tests of all test programs, and what they printed.
fn failures(output: &str) -> Vec<(String, String)> {
    output
        .split("\nrunning ")
        .flat_map(libtest::failures)
        .collect()
}
