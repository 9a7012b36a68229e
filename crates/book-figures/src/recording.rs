//! A whole recording as it is stored, version 1.

use serde::{Deserialize, Serialize};

use crate::event::Run;
use crate::fault::Fault;
use crate::read;

/// The version that this tool writes and reads.
pub const VERSION: u32 = 1;

/// A whole recording.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// [`VERSION`]. It changes when an old recording would be misread.
    pub version: u32,
    /// The figure's name: that of the file.
    pub figure: String,
    /// By which command, on what machine, when. What is drawn by hand is
    /// never stored and has none.
    pub recorded: Option<Provenance>,
    /// What watched the program, with its version, if anything did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watched_by: Option<String>,
    /// Who acts, from left to right: the definition's lanes.
    pub lanes: Vec<String>,
    /// The variants between which the reader chooses.
    pub runs: Vec<Run>,
    /// What the recorder has written to know its own work again, if it has:
    /// nothing here reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// Where and when a recording or a measurement was made.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The command that makes it again.
    pub command: String,
    /// The processor and the number of its cores that were there.
    pub machine: String,
    /// The operating system's kernel and its version.
    pub kernel: String,
    /// The compiler's version.
    pub rustc: String,
    /// The day, as 2026-01-31.
    pub date: String,
}

impl Provenance {
    /// In a sentence, for the page.
    pub fn sentence(&self) -> String {
        format!(
            "{}, {}, {}, {}.",
            self.machine, self.kernel, self.rustc, self.date
        )
    }
}

impl Recording {
    /// Reads a recording; `file` is its name in messages.
    ///
    /// # Errors
    /// A [`Fault`] when it is not of this form.
    pub fn parse(file: &str, text: &str) -> Result<Recording, Fault> {
        read::recording(file, text)
    }

    /// The recording as it is stored.
    ///
    /// # Errors
    /// None that could happen: the form has no maps with odd keys.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The logical order of all runs.
    pub fn logic(&self) -> String {
        let lanes = self.lanes.join(", ");
        let runs = self
            .runs
            .iter()
            .map(|run| format!("{}: {}\n{}", run.id, run.command, run.logic()));
        format!("lanes: {lanes}\n{}", runs.collect::<String>())
    }
}
