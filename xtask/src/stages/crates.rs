//! The chapters' own tests: unit, integration, documentation and examples.

use std::time::Duration;

use anyhow::Result;
use cargo_metadata::TargetKind;

use super::{Context, Stage, libtest};
use crate::process;
use crate::report::Report;

pub const STAGE: Stage = Stage {
    name: "crates",
    about: "cargo test for every crate: unit, integration, doc, examples",
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let packages = cx.packages();
    if packages.is_empty() {
        return Ok(());
    }
    for package in &packages {
        let untested = package.targets.iter().filter(|target| {
            target.is_kind(TargetKind::Example) && !target.test
        });
        for target in untested {
            report.fail_at(
                format!("{} example {}", package.name, target.name),
                "it is never tested: add `test = true` to its [[example]] in \
                 Cargo.toml, and a test that asserts what it prints",
            );
        }
    }
    cx.progress.step("cargo test");
    let mut command = process::cargo(&cx.project.root, &cx.project.target());
    command
        .args(["test", "--no-fail-fast"])
        .env("RUST_BACKTRACE", "0");
    for package in &packages {
        command.args(["--package", &package.name]);
    }
    let done = process::run(&mut command, Duration::from_secs(1200))?;
    report.checked = libtest::results(&done.output).map(|result| result.passed).sum();
    let before = report.failures.len();
    // cargo says which test program runs, then comes its list of failures.
    for run in done.output.split("     Running ").flat_map(doc_tests) {
        let program = run.lines().next().unwrap_or_default();
        for (test, message) in libtest::failures(run) {
            report.checked += 1;
            report.fail_at(format!("{program}: {test}"), message);
        }
    }
    if !done.success() && report.failures.len() == before {
        report.fail_at(
            "crates",
            format!("cargo test {}:\n{}", done.ending(), done.output),
        );
    }
    Ok(())
}

fn doc_tests(run: &str) -> impl Iterator<Item = &str> {
    run.split("   Doc-tests ")
}
