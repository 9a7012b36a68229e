//! The tool's own tests: above all that every stage rejects the broken
//! fixtures that are made for it, at the right line.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::{Context, Lane, Stage, libtest};
use crate::process;
use crate::report::Report;
use crate::workbench::BUILD_LIMIT;

pub const STAGE: Stage = Stage {
    name: "harness",
    about: "the tool's own tests: every broken fixture is rejected",
    lane: Lane::Pages,
    run,
};

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
    key.folder(Path::new(env!("CARGO_MANIFEST_DIR")))?;
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
    let done =
        process::run_long_tests(&mut command, Duration::from_secs(1500))?;
    for result in libtest::results(&done.output) {
        report.checked += result.passed + result.failed;
    }
    if done.success() && report.checked > 0 {
        cx.cache.passed("harness", key);
        cx.cache.passed("harness tests", report.checked as u64);
        return Ok(());
    }
    for part in done.output.split("\nrunning ") {
        for (test, message) in libtest::failures(part) {
            report.fail_at(format!("{tool}: {test}"), message);
        }
    }
    if report.failures.is_empty() {
        report.fail_at(
            tool,
            format!("cargo test {}:\n{}", done.ending(), done.output),
        );
    }
    Ok(())
}
