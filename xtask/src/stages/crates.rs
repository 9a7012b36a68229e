//! The chapters' own tests: unit, integration, documentation and examples. A
//! package that has passed and has not changed is not tested again.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use cargo_metadata::{Package, TargetKind};

use super::{Context, Stage, libtest};
use crate::process;
use crate::report::Report;

/// All tests of a package take a minute; more means that they hang.
const LIMIT: Duration = Duration::from_secs(1200);

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
    // All at once, as cargo builds packages side by side.
    cx.progress.step("building the tests");
    let mut build = cargo_test(cx);
    build.arg("--no-run");
    for (package, _) in &changed {
        build.args(["--package", &package.name]);
    }
    let built = process::run(&mut build, LIMIT)?;
    if !built.success() {
        report.fail_at(
            "crates",
            format!("cargo test {}:\n{}", built.ending(), built.output),
        );
        return Ok(());
    }
    for (package, key) in changed {
        cx.progress.step(format!("cargo test --package {}", package.name));
        test(cx, package, key, report)?;
    }
    Ok(())
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
    command
        .args(["test", "--no-fail-fast", "--locked"]);
    command
}

fn test(
    cx: &Context<'_>,
    package: &Package,
    key: u64,
    report: &mut Report,
) -> Result<()> {
    let mut command = cargo_test(cx);
    command.args(["--package", &package.name]);
    let done = process::run(&mut command, LIMIT)?;
    let passed: usize =
        libtest::results(&done.output).map(|result| result.passed).sum();
    report.checked += passed;
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
            check(package),
            format!("cargo test {}:\n{}", done.ending(), done.output),
        );
    } else if passed == 0 && report.failures.len() == before {
        report.fail_at(
            check(package),
            format!("no test has run, so none has passed:\n{}", done.output),
        );
    }
    if report.failures.len() == before {
        cx.cache.passed(&check(package), key);
        cx.cache.passed(&count(package), passed as u64);
    } else {
        cx.cache.failed(&check(package));
    }
    Ok(())
}

fn doc_tests(run: &str) -> impl Iterator<Item = &str> {
    run.split("   Doc-tests ")
}
