//! What graphs and models have in common: a program enumerates states, and
//! prints one a line.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use book_figures::VERSION;
use book_figures::states::{Recorded, Recording};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::record;
use crate::process;
use crate::project::Project;
use crate::provenance;

/// Each state is found by a run of its own: this may take longer than one run.
const LIMIT: Duration = Duration::from_secs(120);

/// A program that enumerates states.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    pub package: &'a str,
    pub example: &'a str,
    pub args: &'a [String],
}

impl Program<'_> {
    /// What is to be typed to run it.
    pub fn command(&self) -> String {
        let words = ["cargo", "run", "-p", self.package, "--example"];
        let args = self.args.iter().map(String::as_str);
        let all = words.into_iter().chain([self.example]).chain(args);
        all.collect::<Vec<_>>().join(" ")
    }

    /// Runs it: what it prints.
    ///
    /// # Errors
    /// When it cannot be built, fails, or prints something else.
    pub fn states<P: DeserializeOwned>(
        &self,
        project: &Project,
    ) -> Result<Vec<P>> {
        let program = record::build(project, self.package, self.example)?;
        let mut command = process::command(&program);
        command.args(self.args);
        let done = process::run(&mut command, LIMIT)?;
        ensure!(
            done.success(),
            "{} {}:\n{}",
            self.example,
            done.ending(),
            done.output
        );
        printed(&done.output)
    }
}

/// A recording of all levels or runs, made here and now.
///
/// # Errors
/// When it cannot be written.
pub fn recording<N>(
    name: &str,
    levels: Vec<Recorded<N>>,
) -> Result<Recording<N>>
where
    N: Clone + DeserializeOwned + Serialize,
{
    let command = format!("cargo xtask record {name}");
    let mut recording = Recording {
        version: VERSION,
        figure: name.to_owned(),
        recorded: provenance::here(&command),
        levels,
        digest: None,
    };
    recording.digest = Some(digest(&recording)?);
    Ok(recording)
}

/// What a recording's `digest` has to be: over all the rest of it.
///
/// # Errors
/// When it cannot be written.
pub fn digest<N>(recording: &Recording<N>) -> Result<String>
where
    N: Clone + DeserializeOwned + Serialize,
{
    let mut rest = recording.clone();
    rest.digest = None;
    Ok(provenance::digest(&rest.to_json()?))
}

/// Reads what a program has printed: a state a line.
fn printed<P: DeserializeOwned>(output: &str) -> Result<Vec<P>> {
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
    use book_figures::{graph, model};

    #[test]
    fn a_program_prints_its_states() {
        let line = r#"{"values": {"flag": "up"}, "actors": [{"lane": "task", "at": "a.rs:3", "to": 1}]}"#;
        let two = format!("{line}\n{line}\n");
        let found = printed::<graph::Printed>(&two).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].actors[0].to, Some(1));
        for (output, says) in [("", "no state"), ("up\n", "line 1")] {
            let error = printed::<graph::Printed>(output).unwrap_err();
            let error = format!("{error:#}");
            assert!(error.contains(says), "{error}");
        }
        let line = r#"{"values": {"flag": "up"}, "moves": {"lower": {"answer": "0", "to": 0}}}"#;
        let found = printed::<model::Printed>(line).unwrap();
        assert_eq!(found[0].moves["lower"].to, Some(0));
    }
}
