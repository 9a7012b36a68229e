//! rustfmt and clippy, with the workspace's lints denied.

use std::time::Duration;

use anyhow::Result;

use super::{Context, Stage};
use crate::process;
use crate::report::Report;
use crate::workbench::BUILD_LIMIT;

pub const STAGE: Stage = Stage {
    name: "style",
    about: "rustfmt and clippy find nothing",
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let project = cx.project;
    // The tool too: it is part of what a reader clones.
    let mut names: Vec<&str> = if cx.only.is_empty() {
        let all = project.metadata.workspace_packages();
        all.iter().map(|package| package.name.as_str()).collect()
    } else {
        cx.packages().iter().map(|p| p.name.as_str()).collect()
    };
    names.sort_unstable();
    if names.is_empty() {
        return Ok(());
    }
    let cargo = |tool: &str| {
        let mut command = process::cargo(&project.root, &project.target());
        command.arg(tool);
        for name in &names {
            command.args(["--package", name]);
        }
        command
    };
    for tool in ["fmt", "clippy"] {
        let mut probe = process::cargo(&project.root, &project.target());
        probe.args([tool, "--version"]);
        if !process::run(&mut probe, Duration::from_secs(60))?.success() {
            report.skip(format!("rustup component add {tool}"));
            return Ok(());
        }
    }
    cx.progress.step("cargo fmt --check");
    let mut command = cargo("fmt");
    command.arg("--check");
    let done = process::run(&mut command, Duration::from_secs(120))?;
    report.checked += names.len();
    if !done.success() {
        report.fail_at("cargo fmt --check", done.output);
    }
    cx.progress.step("cargo clippy");
    let mut command = cargo("clippy");
    command
        .args(["--quiet", "--all-targets", "--", "-D", "warnings"]);
    let done = process::run(&mut command, BUILD_LIMIT)?;
    report.checked += names.len();
    if !done.success() {
        report.fail_at("cargo clippy", done.output);
    }
    Ok(())
}
