//! What was run and what was only built, and where: `platforms.json` beside
//! the pages, from which the status of each chapter is made. `cargo xtask test
//! crates --record` writes it, with `--target TRIPLE` for other platforms.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::project::Project;
use crate::provenance;
use crate::workbench::write_if_changed;

use super::{PLATFORMS, Platform};

/// The version of the form that this tool reads and writes.
const VERSION: u32 = 1;

/// The file's content.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The version of this form.
    version: u32,
    /// What was done, by platform and chapter.
    rows: Vec<Row>,
    /// Over all rows: what somebody types does not fit it.
    #[serde(default)]
    digest: String,
}

/// What was done with one chapter for one platform.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The platform, as compilers call it.
    pub target: String,
    /// The chapter.
    pub chapter: String,
    /// What was done.
    pub done: Done,
    /// How many tests passed, or how many parts were built.
    pub count: usize,
    /// How many of the tests said that they could test nothing there.
    pub left_out: usize,
    /// What ran them, if it was not a machine of the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The command.
    pub command: String,
    /// The compiler.
    pub rustc: String,
    /// The day.
    pub date: String,
}

/// What was done for a platform.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Done {
    /// The tests ran, and passed.
    Run,
    /// Libraries, tests and examples were compiled and assembled.
    Built,
    /// They were linked, too.
    Linked,
}

impl Row {
    /// The platform.
    ///
    /// # Errors
    /// When the tool does not know it.
    pub fn platform(&self) -> Result<Platform> {
        Platform::find(&self.target)
    }

    fn place(&self) -> (usize, &str) {
        let all = PLATFORMS.iter();
        let at = all.map(|p| p.triple).position(|t| t == self.target);
        (at.unwrap_or(usize::MAX), &self.chapter)
    }
}

fn file(project: &Project) -> PathBuf {
    project.root.join(project.src()).join("platforms.json")
}

fn digest(rows: &[Row]) -> Result<String> {
    Ok(provenance::digest(&serde_json::to_string(rows)?))
}

/// What was recorded, in the order of the platforms; nothing, if nothing was.
///
/// # Errors
/// When the file is not of this version, or was changed by hand.
pub fn load(project: &Project) -> Result<Vec<Row>> {
    let file = file(project);
    let shown = project.shown(&file);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error).context(shown),
    };
    let record: Record =
        serde_json::from_str(&text).with_context(|| shown.clone())?;
    ensure!(
        record.version == VERSION,
        "{shown} has version {}; this tool reads version {VERSION}",
        record.version
    );
    ensure!(
        record.digest == digest(&record.rows)?,
        "{shown} was changed by hand: cargo xtask test crates --record, and \
         the same with --target TRIPLE, write it again"
    );
    Ok(record.rows)
}

/// Puts these rows in the place of those of the same platform and chapter.
/// Those of chapters that are gone go.
///
/// # Errors
/// When the file cannot be read or written.
pub fn store(project: &Project, new: Vec<Row>) -> Result<()> {
    let chapters = project.chapters_in_order();
    let mut rows = load(project)?;
    rows.retain(|old| {
        let same = |row: &Row| {
            (&row.target, &row.chapter) == (&old.target, &old.chapter)
        };
        chapters.contains(&&*old.chapter) && !new.iter().any(same)
    });
    rows.extend(new);
    rows.sort_by(|a, b| a.place().cmp(&b.place()));
    let digest = digest(&rows)?;
    let version = VERSION;
    let record = Record {
        version,
        rows,
        digest,
    };
    let text = serde_json::to_string_pretty(&record)? + "\n";
    write_if_changed(&file(project), text.as_bytes())
}
