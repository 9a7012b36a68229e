//! Records a graph: runs the programs that enumerate the states of its levels.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use book_figures::VERSION;
pub use book_figures::graph::Recording;
use book_figures::graph::{Definition, Level, Node, Printed, Recorded, nodes};

use super::{record, store};
use crate::process;
use crate::project::Project;
use crate::provenance;

/// Each state is found by a run of its own: this may take longer than one run.
const LIMIT: Duration = Duration::from_secs(120);

/// Enumerates all levels, and checks that they fit the definition.
///
/// # Errors
/// What goes wrong with the programs, or with what they print.
pub fn fresh(
    project: &Project,
    name: &str,
    definition: &Definition,
) -> Result<Recording> {
    let mut levels = Vec::new();
    for level in &definition.run {
        let recorded = recorded(project, definition, level)
            .with_context(|| format!("{name}, level {:?}", level.id))?;
        levels.push(recorded);
    }
    let command = format!("cargo xtask record {name}");
    let mut recording = Recording {
        version: VERSION,
        figure: name.to_owned(),
        recorded: provenance::here(&command),
        levels,
        digest: None,
    };
    recording.digest = Some(digest(&recording)?);
    let text = recording.to_json()?;
    let checked = recording.check(name, &text, name, definition);
    checked.map_err(|fault| anyhow!("{}", fault.message))?;
    Ok(recording)
}

/// What a recording's `digest` has to be: over all the rest of it.
///
/// # Errors
/// When it cannot be written.
pub fn digest(recording: &Recording) -> Result<String> {
    let mut rest = recording.clone();
    rest.digest = None;
    Ok(provenance::digest(&rest.to_json()?))
}

fn recorded(
    project: &Project,
    definition: &Definition,
    level: &Level,
) -> Result<Recorded> {
    let package = &definition.record.package;
    let program = record::build(project, package, &level.example)?;
    let mut command = process::command(&program);
    command.args(&level.args);
    let done = process::run(&mut command, LIMIT)?;
    ensure!(
        done.success(),
        "{} {}:\n{}",
        level.example,
        done.ending(),
        done.output
    );
    let parts = store::parts(project, &level.code)?;
    let states: Vec<Node> = nodes(&parts, printed(&done.output)?)
        .map_err(|(nth, error)| anyhow!("state {nth}: {error}"))?;
    let words = ["cargo", "run", "-p", package, "--example", &level.example];
    let args = level.args.iter().map(String::as_str);
    let command: Vec<&str> = words.into_iter().chain(args).collect();
    Ok(Recorded {
        id: level.id.clone(),
        command: command.join(" "),
        states,
    })
}

/// Reads what a program has printed: a state a line.
fn printed(output: &str) -> Result<Vec<Printed>> {
    let mut states = Vec::new();
    for (index, line) in output.lines().enumerate() {
        let state = serde_json::from_str(line).with_context(|| {
            format!("line {} that it printed is not a state: {line}", index + 1)
        })?;
        states.push(state);
    }
    ensure!(!states.is_empty(), "it printed no state");
    Ok(states)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_prints_its_states() {
        let line = r#"{"values": {"flag": "up"}, "actors": [{"lane": "task", "at": "a.rs:3", "to": 1}]}"#;
        let found = printed(&format!("{line}\n{line}\n")).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].actors[0].to, Some(1));
        for (output, says) in [("", "no state"), ("up\n", "line 1")] {
            let error = format!("{:#}", printed(output).unwrap_err());
            assert!(error.contains(says), "{error}");
        }
    }
}
