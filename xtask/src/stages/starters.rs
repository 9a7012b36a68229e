//! Each chapter is taken away as a reader would take it, then built and tested
//! where this workspace is out of reach.

use std::time::Duration;

use anyhow::Result;
use cargo_metadata::TargetKind;

use super::{Context, Stage};
use crate::process;
use crate::report::Report;
use crate::starter;

pub const STAGE: Stage = Stage {
    name: "starters",
    about: "each chapter taken away builds and passes its tests",
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    for package in cx.chapters() {
        let key = cx.key().package(package)?.finish();
        report.checked += 1;
        let check = format!("starter {}", package.name);
        if cx.cache.has_passed(&check, key) {
            report.unchanged += 1;
            continue;
        }
        cx.progress.step(package.name.as_str());
        let folder = tempfile::tempdir()?;
        let dir = folder.path().join("mine");
        starter::write(cx.project, &package.name, &dir)?;
        let before = report.failures.len();
        for file in starter::traces(cx.project, &dir)? {
            report.fail_at(
                check.as_str(),
                format!("{} names this project's folder", file.display()),
            );
        }
        // The libraries from the registry are built already: they are shared.
        let mut command = process::cargo(&dir, &cx.project.target());
        command
            .args(["test", "--workspace", "--quiet", "--locked"]);
        let done = process::run(&mut command, Duration::from_secs(900))?;
        if !done.success() {
            report.fail_at(
                check.as_str(),
                format!("cargo test {}:\n{}", done.ending(), done.output),
            );
        }
        let examples = package
            .targets
            .iter()
            .filter(|target| target.is_kind(TargetKind::Example));
        // Where the tests do not even build, the example says the same again.
        for example in examples.take(usize::from(done.success())) {
            let mut command = process::cargo(&dir, &cx.project.target());
            command.args(["run", "--quiet", "--locked", "--example"]);
            command.arg(&example.name);
            let done = process::run(&mut command, Duration::from_secs(300))?;
            if !done.success() {
                report.fail_at(
                    check.as_str(),
                    format!(
                        "example {} {}:\n{}",
                        example.name,
                        done.ending(),
                        done.output
                    ),
                );
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
