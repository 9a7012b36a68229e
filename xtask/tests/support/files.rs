//! Files and folders, of which each error ends the test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The files below a folder by their paths, with forward slashes.
#[track_caller]
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for path in paths(folder) {
        let inside = path.strip_prefix(folder).unwrap_or(&path);
        let name = inside.to_string_lossy().replace('\\', "/");
        found.insert(name, read(&path));
    }
    found
}

/// All files below a folder.
#[track_caller]
pub fn paths(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries {
            let entry = entry.unwrap_or_else(|error| {
                panic!("{}: {error}", folder.display())
            });
            let path = entry.path();
            let kind = entry
                .file_type()
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            if kind.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

/// The names in a folder.
#[track_caller]
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The bytes of a file.
#[track_caller]
pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of a file.
#[track_caller]
pub fn read_text(path: &Path) -> String {
    String::from_utf8(read(path))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes a file and the folders above it.
#[track_caller]
pub fn write(path: &Path, content: &[u8]) {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    }
    std::fs::write(path, content)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
