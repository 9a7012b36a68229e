//! Each example, run with a standard output that nobody reads, as behind
//! `| head -1`: it ends by itself, and does not panic for want of a reader. One
//! line of its `main` that names the error is well.
//!
//! A soak test runs for as long as it is told to, which is its purpose: an
//! example whose name begins with `soak` is left out.

use std::time::Duration;

use anyhow::Result;
use cargo_metadata::{Package, TargetKind};

use super::{Context, Elsewhere, Lane, Stage};
use crate::process::{self, Finished};
use crate::report::Report;
use crate::workbench::{BUILD_LIMIT, in_parallel};

/// An example takes seconds, and no longer because nobody reads.
const LIMIT: Duration = Duration::from_secs(120);

/// How the name of an example begins that runs for as long as it is told to.
const SOAK: &str = "soak";

/// What the standard library's `println!` panics with.
const PANIC: &str = "failed printing to stdout";

pub const STAGE: Stage = Stage {
    name: "pipes",
    about: "each example ends quietly when nobody reads what it prints",
    lane: Lane::Programs,
    elsewhere: Elsewhere::Not(
        "an emulator stands between a program and its pipe",
    ),
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    for package in cx.packages() {
        let examples = examples(package);
        if examples.is_empty() {
            continue;
        }
        report.checked += examples.len();
        let key = cx.key().package(package)?.finish();
        let check = format!("pipes {}", package.name);
        if cx.cache.has_passed(&check, key) {
            report.unchanged += examples.len();
            continue;
        }
        cx.progress.step(format!("building {}", package.name));
        let mut build = process::cargo(&cx.project.root, &cx.project.target());
        build.args(["build", "--quiet", "--locked", "--examples"]);
        build.args(["--package", &package.name]);
        let built = process::run(&mut build, BUILD_LIMIT)?;
        if !built.success() {
            report.fail_at(
                check,
                format!("cargo build {}:\n{}", built.ending(), built.output),
            );
            continue;
        }
        let before = report.failures.len();
        // Side by side: most of them wait, and none is asked how long it takes.
        let faults = in_parallel(&examples, |example| {
            cx.progress.step(format!("{} {example}", package.name));
            let mut command =
                process::cargo(&cx.project.root, &cx.project.target());
            command.args(["run", "--quiet", "--locked"]);
            command.args(["--package", &package.name, "--example", example]);
            cx.wait_for_builds();
            let done = process::run_unread(&mut command, LIMIT)?;
            let fault = fault(&done);
            Ok(fault.map(|fault| format!("{fault}:\n{}", done.output)))
        });
        for (example, fault) in examples.iter().zip(faults) {
            let fault: Result<Option<String>> = fault;
            if let Some(fault) = fault? {
                let at = format!("{} example {example}", package.name);
                report.fail_at(at, fault);
            }
        }
        if report.failures.len() == before {
            cx.cache.passed(&check, key);
        } else {
            cx.cache.failed(&check);
        }
    }
    Ok(())
}

/// All but those that run for as long as they are told to.
fn examples(package: &Package) -> Vec<&str> {
    let examples = package.targets.iter().filter(|target| {
        target.is_kind(TargetKind::Example) && !target.name.starts_with(SOAK)
    });
    examples.map(|target| target.name.as_str()).collect()
}

/// What is wrong with the end of an example that nobody reads.
fn fault(done: &Finished) -> Option<String> {
    if done.output.contains(PANIC) {
        return Some(
            "it panics when nobody reads its output: let it end instead"
                .to_owned(),
        );
    }
    // None: killed, by the limit or by a signal of its own.
    let code = done.status().and_then(|status| status.code());
    match code {
        Some(101) | None => Some(format!(
            "when nobody reads its output, it {}",
            done.ending()
        )),
        Some(_) => None,
    }
}
