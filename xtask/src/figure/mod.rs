//! Figures: drawn from recorded runs of the book's own programs.
//!
//! A figure is two files in the book's folder `figures`. `NAME.toml` is
//! written by hand: what the figure is called, how it is recorded, what the
//! reader predicts. `NAME.json` is written by `cargo xtask record`: what
//! happened, in the form that `schema` documents. A figure that is drawn by
//! hand has the first only. Nothing of a figure's content stands in this tool.
//!
//! - `schema` is the recording, `definition` the file by hand, `control` what
//!   in it makes many runs of a few lines.
//! - `record` makes recordings, from the output of a program or by `trace` and
//!   `order` from what strace saw.
//! - `code` finds the lines of source that a figure shows.
//! - `draw` makes pictures of it, `gantt` those that are Gantt charts.

pub mod code;
pub mod control;
pub mod definition;
pub mod draw;
pub mod gantt;
mod order;
pub mod record;
pub mod schema;
mod trace;

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::project::Project;
use crate::unknown;
use definition::{Definition, Recorder};
use schema::Recording;

/// A figure that is complete: defined, recorded, and the two fit.
#[derive(Debug)]
pub struct Figure {
    /// What stands in `{{#figure NAME}}`.
    pub name: String,
    /// What was written by hand.
    pub definition: Definition,
    /// What happened.
    pub recording: Recording,
}

impl Figure {
    /// Loads a figure and checks it.
    ///
    /// # Errors
    /// When there is no such figure, it was never recorded, or a [`Fault`]
    /// when something is wrong in one of its files.
    pub fn load(project: &Project, name: &str) -> Result<Figure> {
        let definition = Definition::load(project, name)?;
        if definition.record.kind == Recorder::Drawn {
            let recording = record::drawn(project, name, &definition)?;
            let name = name.to_owned();
            return Ok(Figure {
                name,
                definition,
                recording,
            });
        }
        let path = folder(project).join(format!("{name}.json"));
        let file = project.shown(&path);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("{file} cannot be read: `cargo xtask record {name}`")
        })?;
        let recording = Recording::parse(&file, &text)?;
        recording.check(&file, &text, name, &definition)?;
        Ok(Figure {
            name: name.to_owned(),
            definition,
            recording,
        })
    }

    /// Each run as it was defined, with what was recorded of it.
    pub fn runs(
        &self,
    ) -> impl Iterator<Item = (&definition::Run, &schema::Run)> {
        // `check` has seen to it that they are the same, in the same order.
        self.definition.run.iter().zip(&self.recording.runs)
    }
}

/// Where figures are kept.
pub fn folder(project: &Project) -> PathBuf {
    project.root.join(project.src()).join("figures")
}

/// The figures that are defined, sorted.
///
/// # Errors
/// When the folder is there and cannot be read.
pub fn names(project: &Project) -> Result<Vec<String>> {
    files(project, "toml")
}

/// The recordings that are there, sorted.
///
/// # Errors
/// When the folder is there and cannot be read.
pub fn recorded(project: &Project) -> Result<Vec<String>> {
    files(project, "json")
}

fn files(project: &Project, ending: &str) -> Result<Vec<String>> {
    let folder = folder(project);
    let mut names = Vec::new();
    if folder.is_dir() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|own| own == ending)
                && let Some(name) = path.file_stem()
            {
                names.push(name.to_string_lossy().into_owned());
            }
        }
    }
    names.sort();
    Ok(names)
}

/// Is there a figure of that name?
///
/// # Errors
/// Wrong use when there is not: it names those that there are.
pub fn known(project: &Project, name: &str) -> Result<()> {
    let names = names(project)?;
    if names.iter().any(|known| known == name) {
        return Ok(());
    }
    Err(unknown("figure", name, names.iter().map(String::as_str)))
}

/// Something wrong in a figure's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, relative to the project's root.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Which field, what is wrong with it, and what is allowed.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for Fault {}

/// A number with a comma after each thousand.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration as one says it.
pub fn spoken(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..10_000 => format!("{:.1} ms", micros as f64 / 1e3),
        10_000..10_000_000 => format!("{:.0} ms", micros as f64 / 1e3),
        _ => format!("{:.0} s", micros as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_they_are_read() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1_825), "1,825");
        assert_eq!(thousands(151_941_000), "151,941,000");
        assert_eq!(spoken(63), "63 µs");
        assert_eq!(spoken(5_040), "5.0 ms");
        assert_eq!(spoken(50_136), "50 ms");
    }
}
