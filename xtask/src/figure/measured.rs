//! Records measurements: runs the program, and keeps what it has printed.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use book_figures::VERSION;
pub use book_figures::measured::Recording;
use book_figures::measured::{Definition, Printed, Row};

use super::record;
use crate::process;
use crate::project::Project;
use crate::provenance;

/// A program that measures does so again and again.
const LIMIT: Duration = Duration::from_secs(120);

/// Measures, and checks that it fits the definition.
///
/// # Errors
/// What goes wrong with the program, or with what it prints.
pub fn fresh(
    project: &Project,
    name: &str,
    definition: &Definition,
) -> Result<Recording> {
    let own = &definition.record;
    let program = record::build(project, &own.package, &own.example)?;
    let mut command = process::command(&program);
    command.args(&own.args);
    let done = process::run(&mut command, LIMIT)?;
    ensure!(
        done.success(),
        "{} {}:\n{}",
        own.example,
        done.ending(),
        done.output
    );
    let histogram = !definition.counts.is_empty();
    let mut rows = Vec::new();
    for printed in printed(&done.output)? {
        let row = Row::new(&printed, histogram);
        rows.push(row.map_err(|error| anyhow!("{}: {error}", own.example))?);
    }
    let order =
        |row: &Row| definition.series.iter().position(|s| s.id == row.series);
    rows.sort_by_key(order);
    let words = [
        "cargo",
        "run",
        "-p",
        &own.package,
        "--example",
        &own.example,
    ];
    let args = own.args.iter().map(String::as_str);
    let command: Vec<&str> = words.into_iter().chain(args).collect();
    let mut recording = Recording {
        version: VERSION,
        figure: name.to_owned(),
        recorded: provenance::here(&format!("cargo xtask record {name}")),
        command: command.join(" "),
        rows,
        digest: None,
    };
    recording.digest = Some(digest(&recording)?);
    let text = recording.to_json()?;
    let checked = recording.check((name, &text), name, definition);
    checked.map_err(|fault| anyhow!("{}: {}", own.example, fault.message))?;
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

/// Reads what a program has printed: a series, or a case of one, a line.
fn printed(output: &str) -> Result<Vec<Printed>> {
    let mut all = Vec::new();
    for (index, line) in output.lines().enumerate() {
        let one = serde_json::from_str(line).with_context(|| {
            let start: String = line.chars().take(60).collect();
            format!("line {} is not a measurement: {start}", index + 1)
        })?;
        all.push(one);
    }
    ensure!(!all.is_empty(), "it printed no measurement");
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_prints_its_measurements() {
        let line = r#"{"series": "one", "case": "10", "values": [2, 1.5]}"#;
        let found = printed(&format!("{line}\n{line}\n")).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].values, [2.0, 1.5]);
        for (output, says) in [
            ("", "no measurement"),
            ("one: 2\n", "line 1 is not a measurement: one: 2"),
            (r#"{"series": "one"}"#, "line 1"),
        ] {
            let error = format!("{:#}", printed(output).unwrap_err());
            assert!(error.contains(says), "{error}");
        }
    }
}
