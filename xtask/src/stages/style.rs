//! rustfmt and clippy, with the workspace's lints denied.
//!
//! A newer compiler has newer opinions: on any but the oldest that the
//! workspace supports, warnings and other layouts are told and are no failure.
//! What the workspace itself denies is an error for all of them.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use cargo_metadata::Message;
use cargo_metadata::diagnostic::DiagnosticLevel;
use cargo_metadata::semver::Version;

use super::{Context, Elsewhere, Lane, Stage};
use crate::page::Place;
use crate::process;
use crate::report::Report;
use crate::workbench::BUILD_LIMIT;

pub const STAGE: Stage = Stage {
    name: "style",
    about: "rustfmt and clippy find nothing",
    lane: Lane::Pages,
    elsewhere: Elsewhere::Runs,
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let project = cx.project;
    // The tool too: it is part of what a reader clones.
    let mut names: Vec<&str> = if cx.only.is_empty() && cx.cross.is_none() {
        let all = project.metadata.workspace_packages();
        all.iter().map(|package| package.name.as_str()).collect()
    } else {
        cx.packages().iter().map(|p| p.name.as_str()).collect()
    };
    names.sort_unstable();
    if names.is_empty() {
        return Ok(());
    }
    let mut key = cx.key();
    let tools: &[&str] = match cx.cross {
        // How the sources look is the same for every platform.
        Some(_) => &["clippy"],
        None => &["fmt", "clippy"],
    };
    for package in project.metadata.workspace_packages() {
        if names.contains(&package.name.as_str()) {
            key.package(package)?;
        }
    }
    let key = key.file("rustfmt.toml")?.file("clippy.toml")?.finish();
    let check = format!("style {}{}", cx.only.join(" "), cx.for_target());
    if cx.cache.has_passed(&check, key) {
        report.checked = tools.len() * names.len();
        report.unchanged = report.checked;
        return Ok(());
    }
    for tool in tools {
        let mut probe = process::cargo(&project.root, &project.target());
        probe.args([tool, "--version"]);
        if !process::run(&mut probe, Duration::from_secs(60))?.success() {
            report.skip(format!("rustup component add {tool}"));
            return Ok(());
        }
    }
    let newer = is_newer(cx)?;
    if newer {
        report.remark("a newer compiler's warnings are only told");
    }
    if cx.cross.is_none() {
        rustfmt(cx, &names, newer, report)?;
    }
    clippy(cx, &names, newer, report)?;
    // What is only told is told again.
    if report.failures.is_empty() && report.notes.is_empty() {
        cx.cache.passed(&check, key);
    } else {
        cx.cache.failed(&check);
    }
    Ok(())
}

fn name_all(command: &mut Command, names: &[&str]) {
    for name in names {
        command.args(["--package", name]);
    }
}

fn rustfmt(
    cx: &Context<'_>,
    names: &[&str],
    newer: bool,
    report: &mut Report,
) -> Result<()> {
    cx.progress.step("cargo fmt --check");
    // It builds nothing, and knows no `--locked`.
    let mut command = process::cargo(&cx.project.root, &cx.project.target());
    command.arg("fmt");
    name_all(&mut command, names);
    command.args(["--check", "--", "--color", "never"]);
    let done = process::run(&mut command, Duration::from_secs(120))?;
    report.checked += names.len();
    let mut told = false;
    for difference in done.output.split("Diff in ").skip(1) {
        if let Some((place, text)) = formatting(cx, difference) {
            let text = format!("rustfmt writes:\n{text}");
            if newer {
                report.note(&place, text);
            } else {
                report.fail(&place, text);
            }
            told = true;
        }
    }
    if !done.success() && !told {
        let text = format!("it {}:\n{}", done.ending(), done.output);
        report.fail_at("cargo fmt --check", text);
    }
    Ok(())
}

fn clippy(
    cx: &Context<'_>,
    names: &[&str],
    newer: bool,
    report: &mut Report,
) -> Result<()> {
    cx.progress.step("cargo clippy");
    let mut command = cx.cargo("clippy");
    name_all(&mut command, names);
    command.args(["--quiet", "--all-targets", "--message-format=json"]);
    if !newer {
        command.args(["--", "-D", "warnings"]);
    }
    let building = cx.begin_to_build();
    let done = process::run(&mut command, BUILD_LIMIT)?;
    drop(building);
    report.checked += names.len();
    let before = report.failures.len();
    // A library is compiled for its tests, too: the same warning twice.
    let mut told = HashSet::new();
    for message in Message::parse_stream(done.output.as_bytes()) {
        let Message::CompilerMessage(message) = message? else {
            continue;
        };
        let warning = message.message;
        let text = warning.rendered.unwrap_or(warning.message);
        let span = warning.spans.iter().find(|span| span.is_primary);
        if let Some(span) = span
            && told.insert(text.clone())
        {
            let file = cx.project.root.join(&span.file_name);
            let place = Place::new(cx.project.shown(&file), span.line_start);
            match warning.level {
                DiagnosticLevel::Error | DiagnosticLevel::Ice => {
                    report.fail(&place, text);
                }
                _ => report.note(&place, text),
            }
        }
    }
    if !done.success() && report.failures.len() == before {
        let text = format!("it {}:\n{}", done.ending(), done.output);
        report.fail_at("cargo clippy", text);
    }
    Ok(())
}

/// Is the compiler newer than the oldest that the workspace supports?
fn is_newer(cx: &Context<'_>) -> Result<bool> {
    let packages = cx.project.metadata.workspace_packages();
    let oldest = packages
        .iter()
        .filter_map(|p| p.rust_version.as_ref())
        .min();
    let Some(oldest) = oldest else {
        return Ok(false);
    };
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = process::command(rustc);
    let done = process::run(command.arg("-vV"), Duration::from_secs(60))?;
    let release = done
        .output
        .lines()
        .find_map(|line| line.strip_prefix("release: "))
        .with_context(|| format!("rustc -vV: {}", done.output))?;
    let release: Version = release.parse().context(release.to_owned())?;
    Ok((release.major, release.minor) > (oldest.major, oldest.minor))
}

/// The place and the text of one difference, which begins
/// `/path/of/file.rs:LINE:` and has lines that are the same around it.
fn formatting(cx: &Context<'_>, difference: &str) -> Option<(Place, String)> {
    let (head, text) = difference.split_once('\n')?;
    let (file, line) = head.trim_end_matches(':').rsplit_once(':')?;
    let same = text
        .lines()
        .take_while(|line| line.starts_with(' '))
        .count();
    let file = cx.project.shown(Path::new(file));
    let line = line.parse::<usize>().ok()? + same;
    Some((Place::new(file, line), text.to_owned()))
}
