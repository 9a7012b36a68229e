//! Which files belong to the project.
//!
//! What git tracks, and what it would track: its index, and the files that
//! the repository's own `.gitignore` files let through. Ignore files from
//! elsewhere (the user's, those of `.git/info`, those of a folder above the
//! clone) have no say: with them a crate that changed could count as one that
//! did not. Without git it is the folder, less what its own ignore files name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;
use ignore::WalkBuilder;

/// The project's files, absolute and sorted. `root` is its folder.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(root: &Path) -> Result<Vec<PathBuf>> {
    match from_git(root) {
        Some(files) => Ok(files),
        None => walk(WalkBuilder::new(root).standard_filters(false).add_own()),
    }
}

/// Every file below `folder`, sorted, whatever ignore files say: for folders
/// that this tool has written.
///
/// # Errors
/// When the folder cannot be read.
pub fn every_file(folder: &Path) -> Result<Vec<PathBuf>> {
    walk(WalkBuilder::new(folder).standard_filters(false))
}

/// What git says, if `root` is the top of a work tree and git can read it.
fn from_git(root: &Path) -> Option<Vec<PathBuf>> {
    // In the work tree of another repository `root` may be ignored as a whole.
    if !root.join(".git").exists() {
        return None;
    }
    let mut git = Command::new("git");
    // A hook runs with variables that point at its own repository.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            git.env_remove(name);
        }
    }
    let listed = git
        .current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others"])
        .arg("--exclude-per-directory=.gitignore")
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let names: BTreeSet<PathBuf> = listed
        .stdout
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .map(path)
        .collect();
    // The index still has what was deleted a moment ago.
    let files = names.into_iter().map(|name| root.join(name));
    Some(files.filter(|file| file.is_file()).collect())
}

#[cfg(unix)]
fn path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(name).into()
}

#[cfg(not(unix))]
fn path(name: &[u8]) -> PathBuf {
    // git for Windows writes UTF-8.
    String::from_utf8_lossy(name).into_owned().into()
}

trait OwnIgnoreFiles {
    fn add_own(&mut self) -> &mut Self;
}

impl OwnIgnoreFiles for WalkBuilder {
    /// The `.gitignore` files from the starting folder downwards.
    fn add_own(&mut self) -> &mut Self {
        self.git_ignore(true).require_git(false)
    }
}

fn walk(builder: &mut WalkBuilder) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = builder.filter_entry(|entry| entry.file_name() != ".git");
    for entry in entries.build() {
        let entry = entry?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            found.push(entry.into_path());
        }
    }
    found.sort();
    Ok(found)
}
