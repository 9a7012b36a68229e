//! `cargo xtask record`: runs the programs of a figure and writes down what
//! happened.
//!
//! A recording is rewritten when its logical order has changed, or with
//! `--force`. One that only has new times would change a file for nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use book_figures::definition::{Recorder, Run as Wanted, Sketch};
use book_figures::event::{Event, Run};
use book_figures::states::Recording as States;
use book_figures::{Definition, Recording, VERSION};
use cargo_metadata::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{graph, measured, model, order, store, trace};
use crate::process;
use crate::project::Project;
use crate::provenance;
use crate::workbench::BUILD_LIMIT;

/// No program whose run is a figure takes as long as this.
const RUN_LIMIT: Duration = Duration::from_secs(30);

/// On a busy machine a thread may sleep through what it should wait for. What
/// then happened is true, but it is not the story; so it is tried again.
const ATTEMPTS: usize = 4;

/// A tool that is needed is not here.
#[derive(Debug)]
pub struct Needs(pub String);

impl std::fmt::Display for Needs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "this needs {}", self.0)
    }
}

impl std::error::Error for Needs {}

/// The command: records one figure, or all.
///
/// # Errors
/// Wrong use when there is no such figure or a tool is missing; else what goes
/// wrong with the programs.
pub fn command(
    project: &Project,
    figure: Option<&str>,
    force: bool,
) -> Result<bool> {
    let chosen = match figure {
        Some(name) => vec![name.to_owned()],
        None => store::names(project)?,
    };
    ensure!(!chosen.is_empty(), "no figure is defined");
    for name in &chosen {
        let (shown, old) = stored(project, name);
        if let Some(definition) = store::graph(project, name)? {
            let fresh = graph::fresh(project, name, &definition)?;
            keep(project, name, &fresh, force)?;
            continue;
        }
        if let Some(definition) = store::model(project, name)? {
            let fresh = model::fresh(project, name, &definition)?;
            keep(project, name, &fresh, force)?;
            continue;
        }
        if let Some(definition) = store::measured(project, name)? {
            let fresh = measured::fresh(project, name, &definition)?;
            let same = measured::Recording::parse(&shown, &old)
                .is_ok_and(|old| old.logic() == fresh.logic());
            if write(project, name, &fresh.to_json()?, same && !force)? {
                println!("{shown}: {} rows", fresh.rows.len());
            }
            continue;
        }
        let definition = store::definition(project, name)?;
        if definition.record.kind == Recorder::Drawn {
            let message = format!(
                "figure {name:?} is drawn by hand: there is nothing to record"
            );
            if figure.is_some() {
                return Err(crate::WrongUse(message).into());
            }
            println!("{message}");
            continue;
        }
        let fresh = fresh(project, name, &definition).map_err(wrong_use)?;
        let same = Recording::parse(&shown, &old)
            .is_ok_and(|old| old.logic() == fresh.logic());
        if write(project, name, &fresh.to_json()?, same && !force)? {
            let steps: usize = fresh.runs.iter().map(|r| r.events.len()).sum();
            println!("{shown}: {} runs, {steps} steps", fresh.runs.len());
        }
    }
    Ok(true)
}

/// Writes down the states of a graph or of a model.
fn keep<N: DeserializeOwned + Serialize>(
    project: &Project,
    name: &str,
    fresh: &States<N>,
    force: bool,
) -> Result<()> {
    let (shown, old) = stored(project, name);
    let same = States::<N>::parse(&shown, &old)
        .is_ok_and(|old| old.logic().ok() == fresh.logic().ok());
    if write(project, name, &fresh.to_json()?, same && !force)? {
        let levels = &fresh.levels;
        let states: usize = levels.iter().map(|l| l.states.len()).sum();
        println!("{shown}: {} levels, {states} states", levels.len());
    }
    Ok(())
}

/// The name of a figure's recording in messages, and what it holds, if it is
/// there.
fn stored(project: &Project, name: &str) -> (String, String) {
    let path = store::file(project, name, "json");
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    (project.shown(&path), old)
}

/// Writes a recording, unless what it tells is there already: was it written?
fn write(
    project: &Project,
    name: &str,
    text: &str,
    leave: bool,
) -> Result<bool> {
    let path = store::file(project, name, "json");
    let shown = project.shown(&path);
    if leave {
        println!(
            "{shown}: the same logical order, left as it is (--force takes \
             the new times)"
        );
    } else {
        std::fs::write(&path, text).with_context(|| shown)?;
    }
    Ok(!leave)
}

/// On the command line, a missing tool is wrong use.
fn wrong_use(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<Needs>() {
        Ok(needs) => crate::WrongUse(needs.to_string()).into(),
        Err(error) => error,
    }
}

/// Makes a recording, and checks it.
///
/// # Errors
/// [`Needs`] when a tool is missing; else what goes wrong with the programs.
pub fn fresh(
    project: &Project,
    name: &str,
    definition: &Definition,
) -> Result<Recording> {
    let watched_by = match definition.record.kind {
        Recorder::Program => None,
        Recorder::Strace => Some(strace_version()?),
        Recorder::Drawn => bail!("{name} is drawn: nothing can record it"),
    };
    let mut runs = Vec::new();
    let mut programs: HashMap<&str, PathBuf> = HashMap::new();
    for wanted in &definition.run {
        let package = &definition.record.package;
        let program = match programs.get(&*wanted.example) {
            Some(program) => program.clone(),
            None => {
                let program = build(project, package, &wanted.example)?;
                programs.insert(&wanted.example, program.clone());
                program
            }
        };
        let command = [
            &["cargo", "run", "-p", package, "--example", &wanted.example],
            &wanted.args.iter().map(String::as_str).collect::<Vec<_>>()[..],
        ]
        .concat()
        .join(" ");
        let events = attempts(project, definition, wanted, &program)
            .with_context(|| format!("{name}, run {:?}", wanted.id))?;
        runs.push(Run {
            id: wanted.id.clone(),
            command,
            events,
        });
    }
    let mut recording = Recording {
        version: VERSION,
        figure: name.to_owned(),
        recorded: Some(provenance::here(&format!("cargo xtask record {name}"))),
        watched_by,
        lanes: definition.lane.iter().map(|l| l.id.clone()).collect(),
        runs,
        digest: None,
    };
    recording.digest = Some(digest(&recording)?);
    Ok(recording)
}

/// What a recording's `digest` has to be: over all the rest of it, so that
/// what somebody types does not fit it.
///
/// # Errors
/// When it cannot be written.
pub fn digest(recording: &Recording) -> Result<String> {
    let mut rest = recording.clone();
    rest.digest = None;
    Ok(provenance::digest(&rest.to_json()?))
}

/// Records one run, several times if need be.
fn attempts(
    project: &Project,
    definition: &Definition,
    wanted: &Wanted,
    program: &Path,
) -> Result<Vec<Event>> {
    let mut last = None;
    let count = match definition.record.kind {
        // What it prints depends on nobody else.
        Recorder::Program | Recorder::Drawn => 1,
        Recorder::Strace => ATTEMPTS,
    };
    for _ in 0..count {
        let sketches = match definition.record.kind {
            Recorder::Program => printed(wanted, program),
            Recorder::Strace => traced(project, definition, wanted, program),
            Recorder::Drawn => Ok(wanted.event.clone()),
        };
        match sketches {
            Ok(sketches) => {
                let parts = store::parts(project, &wanted.code)?;
                return book_figures::events(
                    definition, wanted, &parts, sketches,
                )
                .map_err(|(nth, error)| anyhow!("step {}: {error}", nth + 1));
            }
            Err(error) if error.is::<Needs>() => return Err(error),
            Err(error) => last = Some(error),
        }
    }
    // It is set: there was at least one attempt.
    Err(last.unwrap_or_else(|| anyhow::anyhow!("no attempt was made")))
}

/// Builds an example: its executable.
pub(super) fn build(
    project: &Project,
    package: &str,
    example: &str,
) -> Result<PathBuf> {
    let mut command = process::cargo(&project.root, &project.target());
    command.args(["build", "--quiet", "--locked", "--message-format=json"]);
    command.args(["--package", package, "--example", example]);
    let built = process::run(&mut command, BUILD_LIMIT)?;
    ensure!(
        built.success(),
        "example {example} of {package} does not build: cargo {}:\n{}",
        built.ending(),
        built.output
    );
    for message in Message::parse_stream(built.output.as_bytes()) {
        if let Message::CompilerArtifact(artifact) = message?
            && artifact.target.name == example
            && let Some(path) = artifact.executable
        {
            return Ok(path.into_std_path_buf());
        }
    }
    bail!("{package} has no example {example:?}")
}

/// Runs a program that prints its events, a line of JSON for each.
fn printed(wanted: &Wanted, program: &Path) -> Result<Vec<Sketch>> {
    let mut command = process::command(program);
    command.args(&wanted.args);
    let done = process::run(&mut command, RUN_LIMIT)?;
    ensure!(
        done.success(),
        "{} {}:\n{}",
        wanted.example,
        done.ending(),
        done.output
    );
    sketches(&done.output)
}

/// Reads what a program has printed.
fn sketches(output: &str) -> Result<Vec<Sketch>> {
    let mut sketches = Vec::new();
    for (index, line) in output.lines().enumerate() {
        let sketch = serde_json::from_str(line).with_context(|| {
            format!(
                "line {} that it printed is not an event: {line}",
                index + 1
            )
        })?;
        sketches.push(sketch);
    }
    ensure!(!sketches.is_empty(), "it printed no event");
    Ok(order::collapsed(sketches))
}

fn strace_version() -> Result<String> {
    let output = process::command("strace").arg("--version").output();
    let text = match output {
        Ok(output) if output.status.success() => output.stdout,
        _ => {
            let what = "strace (Debian: apt-get install strace)";
            return Err(Needs(what.to_owned()).into());
        }
    };
    let text = String::from_utf8_lossy(&text);
    let version = text.split_whitespace().nth(3).unwrap_or_default();
    Ok(format!("strace {version}"))
}

/// Runs a program under strace.
fn traced(
    project: &Project,
    definition: &Definition,
    wanted: &Wanted,
    program: &Path,
) -> Result<Vec<Sketch>> {
    let folder = project.work_folder("figures");
    std::fs::create_dir_all(&folder)
        .with_context(|| folder.display().to_string())?;
    let file = folder.join(format!("{}.trace", wanted.id));
    let mut calls: Vec<&str> = vec!["clone", "clone3"];
    for rule in &definition.rule {
        calls.extend(rule.call.iter().map(String::as_str));
    }
    // `?`: a name that this processor's kernel does not have is no error.
    let filter: Vec<String> =
        calls.iter().map(|call| format!("?{call}")).collect();
    let mut command = process::command("strace");
    command
        .args(["-f", "-ttt", "-T", "--seccomp-bpf", "-s", "64", "-e"])
        .arg(format!("trace={}", filter.join(",")))
        .arg("-o")
        .arg(&file)
        .arg(program)
        .args(&wanted.args);
    let done = process::run(&mut command, RUN_LIMIT)?;
    if done.output.contains("PTRACE_") {
        let what = "leave for strace to trace: ptrace is forbidden here";
        return Err(Needs(what.to_owned()).into());
    }
    ensure!(
        done.success(),
        "strace {} {}:\n{}",
        wanted.example,
        done.ending(),
        done.output
    );
    let text = std::fs::read_to_string(&file)
        .with_context(|| file.display().to_string())?;
    order::ordered(definition, &wanted.id, &trace::parse(&text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_prints_its_events() {
        let line = r#"{"lane":"program","to":"kernel","kind":"call","text":"read 1","answer":"1","detail":"One byte of two.","at":"read(","state":{"unread":1}}"#;
        let found = sketches(&format!("{line}\n{line}\n")).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].count, 2);
        assert_eq!(found[0].at.as_deref(), Some("read("));
        for (output, says) in [
            ("", "no event"),
            ("hello\n", "line 1 that it printed is not an event: hello"),
            (r#"{"lane":"program","kind":"call"}"#, "line 1"),
        ] {
            let error = format!("{:#}", sketches(output).unwrap_err());
            assert!(error.contains(says), "{error}");
        }
    }
}
