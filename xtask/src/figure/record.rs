//! `cargo xtask record`: runs the programs of a figure and writes down what
//! happened.
//!
//! A recording is rewritten when its logical order has changed, or with
//! `--force`. One that only has new times would change a file for nothing.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use cargo_metadata::Message;

use super::definition::{Definition, Recorder, Run as Wanted, Sketch};
use super::schema::{Event, Recording, Run, Source, VERSION};
use super::{Fault, code, folder, names, order, trace};
use crate::process;
use crate::project::Project;
use crate::provenance::Provenance;
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
    let all = names(project)?;
    let chosen = match figure {
        Some(name) => {
            super::known(project, name)?;
            vec![name.to_owned()]
        }
        None => all,
    };
    ensure!(!chosen.is_empty(), "no figure is defined");
    for name in &chosen {
        let definition = Definition::load(project, name)?;
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
        let fresh = fresh(project, name).map_err(wrong_use)?;
        let path = folder(project).join(format!("{name}.json"));
        let shown = project.shown(&path);
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        let same = Recording::parse(&shown, &old)
            .is_ok_and(|old| old.logic() == fresh.logic());
        if same && !force {
            println!(
                "{shown}: the same logical order, left as it is (--force \
                 takes the new times)"
            );
            continue;
        }
        std::fs::write(&path, fresh.to_json()?)
            .with_context(|| shown.clone())?;
        let steps: usize = fresh.runs.iter().map(|r| r.events.len()).sum();
        let runs = fresh.runs.len();
        println!("{shown}: {runs} runs, {steps} steps");
    }
    Ok(true)
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
pub fn fresh(project: &Project, name: &str) -> Result<Recording> {
    let definition = Definition::load(project, name)?;
    let watched_by = match definition.record.kind {
        Recorder::Program => None,
        Recorder::Strace => Some(strace_version()?),
        Recorder::Drawn => return drawn(project, name, &definition),
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
        let events = attempts(project, &definition, wanted, &program)
            .with_context(|| format!("{name}, run {:?}", wanted.id))?;
        runs.push(Run {
            id: wanted.id.clone(),
            command,
            events,
        });
    }
    Ok(Recording {
        version: VERSION,
        figure: name.to_owned(),
        recorded: Some(Provenance::here(&format!("cargo xtask record {name}"))),
        watched_by,
        lanes: definition.lane.iter().map(|l| l.id.clone()).collect(),
        runs,
    })
}

/// What a figure has in place of a recording whose events are written in its
/// definition.
///
/// # Errors
/// A [`Fault`] when an event is not of the schema's form.
pub fn drawn(
    project: &Project,
    name: &str,
    definition: &Definition,
) -> Result<Recording> {
    let mut runs = Vec::new();
    let mut before = 0;
    for wanted in &definition.run {
        let sketches = wanted.event.clone();
        let count = sketches.len();
        let events = numbered(project, definition, wanted, sketches).map_err(
            |(nth, error)| {
                let path = folder(project).join(format!("{name}.toml"));
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let run = &wanted.id;
                Fault {
                    file: project.shown(&path),
                    line: line_of_drawn(&text, before + nth),
                    message: format!(
                        "run {run:?}, step {}: {error:#}",
                        nth + 1
                    ),
                }
            },
        )?;
        before += count;
        runs.push(Run {
            id: wanted.id.clone(),
            command: String::new(),
            events,
        });
    }
    Ok(Recording {
        version: VERSION,
        figure: name.to_owned(),
        recorded: None,
        watched_by: None,
        lanes: definition.lane.iter().map(|l| l.id.clone()).collect(),
        runs,
    })
}

/// The line where the definition's event of that number begins, from 0.
fn line_of_drawn(text: &str, event: usize) -> usize {
    text.lines()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with("[[run.event]]"))
        .nth(event)
        .map_or(1, |(index, _)| index + 1)
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
                return events(project, definition, wanted, sketches);
            }
            Err(error) if error.is::<Needs>() => return Err(error),
            Err(error) => last = Some(error),
        }
    }
    // It is set: there was at least one attempt.
    Err(last.unwrap_or_else(|| anyhow::anyhow!("no attempt was made")))
}

/// Builds an example: its executable.
fn build(project: &Project, package: &str, example: &str) -> Result<PathBuf> {
    let mut command = process::cargo(&project.root, &project.target());
    command.args(["build", "--quiet", "--locked", "--message-format=json"]);
    command.args(["--package", package, "--example", example]);
    let built = process::run(&mut command, BUILD_LIMIT)?;
    ensure!(
        built.success(),
        "example {example} of {package} does not build:\n{}",
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
            format!("line {} that it printed is no event: {line}", index + 1)
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

/// [`numbered`], for events that were recorded.
fn events(
    project: &Project,
    definition: &Definition,
    wanted: &Wanted,
    sketches: Vec<Sketch>,
) -> Result<Vec<Event>> {
    numbered(project, definition, wanted, sketches)
        .map_err(|(nth, error)| error.context(format!("step {}", nth + 1)))
}

/// Completes the events: their steps, the values that they leave as they are,
/// the files of their lines.
///
/// # Errors
/// Which event, counted from 0, and what is wrong with it.
fn numbered(
    project: &Project,
    definition: &Definition,
    wanted: &Wanted,
    sketches: Vec<Sketch>,
) -> Result<Vec<Event>, (usize, anyhow::Error)> {
    let parts = code::parts(project, &wanted.code).map_err(|e| (0, e))?;
    let mut state: BTreeMap<_, _> = definition
        .states(&wanted.id)
        .map(|state| (state.id.clone(), state.start.clone()))
        .collect();
    let zero = sketches.iter().filter_map(|s| s.at_us).min().unwrap_or(0);
    let mut events = Vec::new();
    for (index, sketch) in sketches.into_iter().enumerate() {
        let source = match sketch.at {
            None => None,
            Some(text) => {
                let (part, _) =
                    code::find(&parts, &text).map_err(|e| (index, e))?;
                let file = parts[part].file.clone();
                Some(Source { file, text })
            }
        };
        state.extend(sketch.state);
        let event = Event {
            step: index + 1,
            lane: sketch.lane,
            to: sketch.to,
            kind: sketch.kind,
            text: sketch.text,
            answer: sketch.answer,
            detail: sketch.detail,
            count: sketch.count,
            source,
            state: state.clone(),
            key: sketch.key,
            time: sketch.time,
            took: sketch.took,
            at_us: sketch.at_us.map(|at| at - zero),
            took_us: sketch.took_us,
            raw: sketch.raw,
        };
        event
            .check(index + 1, &wanted.id, definition)
            .map_err(|error| (index, anyhow::anyhow!(error)))?;
        events.push(event);
    }
    let run = Run {
        id: wanted.id.clone(),
        command: String::new(),
        events,
    };
    run.check_times(definition)
        .map_err(|(nth, error)| (nth, anyhow::anyhow!(error)))?;
    Ok(run.events)
}

/// Every line of code that a recording names is there.
///
/// # Errors
/// The first [`Fault`] that is found, with the recording's line.
pub fn check_sources(
    project: &Project,
    figure: &super::Figure,
) -> Result<usize> {
    let path = folder(project).join(format!("{}.json", figure.name));
    let text = std::fs::read_to_string(&path)?;
    let mut count = 0;
    for (index, (wanted, run)) in figure.runs().enumerate() {
        let parts = code::parts(project, &wanted.code)?;
        for (nth, event) in run.events.iter().enumerate() {
            let Some(source) = &event.source else {
                continue;
            };
            count += 1;
            let wrong = match code::find(&parts, &source.text) {
                Ok((part, _)) if parts[part].file == source.file => continue,
                Ok((part, _)) => {
                    format!("it is in {}, not here", parts[part].file)
                }
                Err(error) => format!("{error:#}"),
            };
            return Err(Fault {
                file: project.shown(&path),
                line: super::schema::line_of_step(&text, index, nth),
                message: format!(
                    "run {:?}, step {}, field `source`: {wrong}; record the \
                     figure again",
                    run.id,
                    nth + 1
                ),
            }
            .into());
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_event_has_its_line() {
        let text = "title = \"x\"\n[[run.event]]\n\n[[run.event]]\nlane = 1\n";
        assert_eq!(line_of_drawn(text, 0), 2);
        assert_eq!(line_of_drawn(text, 1), 4);
        assert_eq!(line_of_drawn(text, 2), 1);
    }

    #[test]
    fn a_program_prints_its_events() {
        let line = r#"{"lane":"program","to":"kernel","kind":"call","text":"read 1","answer":"1","detail":"One byte of two.","at":"read(","state":{"unread":1}}"#;
        let found = sketches(&format!("{line}\n{line}\n")).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].count, 2);
        assert_eq!(found[0].at.as_deref(), Some("read("));
        for (output, says) in [
            ("", "no event"),
            ("hello\n", "line 1 that it printed is no event: hello"),
            (r#"{"lane":"program","kind":"call"}"#, "line 1"),
        ] {
            let error = format!("{:#}", sketches(output).unwrap_err());
            assert!(error.contains(says), "{error}");
        }
    }
}
