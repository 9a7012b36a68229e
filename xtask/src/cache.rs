//! What has passed and has not changed since.
//!
//! A stage whose checks are slow asks here before it runs one. The key is a
//! hash over everything that the check depends on; the hash of the compiler
//! and of this tool is always part of it. `cargo clean` forgets all.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context as _, Result};

/// The record of passed checks.
#[derive(Debug)]
pub struct Cache {
    file: PathBuf,
    base: u64,
    passed: Mutex<BTreeMap<String, u64>>,
}

impl Cache {
    /// Opens the record in `file`. A missing or unreadable record is empty.
    ///
    /// # Errors
    /// When the compiler does not say its version.
    pub fn open(file: PathBuf) -> Result<Cache> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let version = std::process::Command::new(rustc)
            .arg("-vV")
            .output()
            .context("rustc -vV")?;
        let mut hasher = DefaultHasher::new();
        version.stdout.hash(&mut hasher);
        if let Ok(exe) = std::env::current_exe()
            && let Ok(data) = exe.metadata()
        {
            data.len().hash(&mut hasher);
            data.modified().ok().hash(&mut hasher);
        }
        let passed = std::fs::read_to_string(&file)
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        Ok(Cache {
            file,
            base: hasher.finish(),
            passed: Mutex::new(passed),
        })
    }

    /// A hash to which a check adds what it depends on.
    pub fn key(&self) -> Key {
        let mut hasher = DefaultHasher::new();
        self.base.hash(&mut hasher);
        Key(hasher)
    }

    /// Has the check `name` passed with exactly this key?
    pub fn has_passed(&self, name: &str, key: u64) -> bool {
        self.lock().get(name) == Some(&key)
    }

    /// What was recorded for the check `name`.
    pub fn value(&self, name: &str) -> Option<u64> {
        self.lock().get(name).copied()
    }

    /// The check `name` has passed.
    pub fn passed(&self, name: &str, key: u64) {
        self.lock().insert(name.to_owned(), key);
    }

    /// The check `name` has not passed.
    pub fn failed(&self, name: &str) {
        self.lock().remove(name);
    }

    /// Writes the record back.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string_pretty(&*self.lock())?;
        std::fs::write(&self.file, text)
            .with_context(|| self.file.display().to_string())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, u64>> {
        // The map is whole between any two of its operations, so a panic
        // elsewhere has not harmed it.
        self.passed.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// A hash under construction.
#[derive(Debug)]
pub struct Key(DefaultHasher);

impl Key {
    /// Adds a text.
    pub fn text(&mut self, text: &str) -> &mut Key {
        text.hash(&mut self.0);
        self
    }

    /// Adds every file below `folder` that version control would keep, with
    /// its name and contents.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn folder(&mut self, folder: &Path) -> Result<&mut Key> {
        for file in files(folder)? {
            let inside = file.strip_prefix(folder).unwrap_or(&file);
            inside.to_string_lossy().hash(&mut self.0);
            std::fs::read(&file)
                .with_context(|| file.display().to_string())?
                .hash(&mut self.0);
        }
        Ok(self)
    }

    /// Adds the scripts and styles of a built book, but for those that list
    /// its pages and change with each of them.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn assets(&mut self, book: &Path) -> Result<&mut Key> {
        for file in files(book)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let asset = name.ends_with(".js") || name.ends_with(".css");
            // The search script names its index, whose name is a hash.
            let list = name.starts_with("toc") || name.starts_with("search");
            if asset && !list {
                std::fs::read(&file)
                    .with_context(|| file.display().to_string())?
                    .hash(&mut self.0);
            }
        }
        Ok(self)
    }

    /// The hash.
    pub fn finish(&self) -> u64 {
        self.0.finish()
    }
}

/// The files below `folder`, sorted, without what .gitignore names.
///
/// # Errors
/// When the folder cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let walk = ignore::WalkBuilder::new(folder)
        .hidden(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    for entry in walk {
        let entry = entry?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            found.push(entry.into_path());
        }
    }
    found.sort();
    Ok(found)
}
