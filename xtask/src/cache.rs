//! What has passed and has not changed since.
//!
//! A stage whose checks are slow asks here before it runs one. The key is a
//! hash over everything that the check depends on; the hash of the compiler
//! and of this tool is always part of it. `cargo clean` forgets all.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::Package;

use crate::process::environment;
use crate::project::Project;
use crate::{repository, starter};

/// The record of passed checks.
#[derive(Debug)]
pub struct Cache {
    file: PathBuf,
    base: u64,
    passed: Mutex<BTreeMap<String, u64>>,
}

impl Cache {
    /// Opens the record in `file` for the project in `root`. A missing or
    /// unreadable record is empty.
    ///
    /// # Errors
    /// When the compiler does not say its version.
    pub fn open(file: PathBuf, root: &Path) -> Result<Cache> {
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
        environment::settings().hash(&mut hasher);
        for file in environment::configurations(root) {
            std::fs::read(&file).ok().hash(&mut hasher);
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

    /// A hash to which a check adds what it depends on. Part of it already:
    /// the compiler, this tool, and the settings that cargo gets from the
    /// environment and from the files that lie outside the project.
    pub fn key<'p>(&self, project: &'p Project) -> Key<'p> {
        let mut hasher = DefaultHasher::new();
        self.base.hash(&mut hasher);
        Key { hasher, project }
    }

    /// Has the check `name` passed with exactly this key?
    pub fn has_passed(&self, name: &str, key: u64) -> bool {
        self.lock().get(name) == Some(&key)
    }

    /// What was recorded for the check `name`.
    pub fn value(&self, name: &str) -> Option<u64> {
        self.lock().get(name).copied()
    }

    /// What is recorded under a name that begins so: the rests of the names.
    pub fn below(&self, beginning: &str) -> Vec<String> {
        let passed = self.lock();
        let rests = passed.keys().filter_map(|n| n.strip_prefix(beginning));
        rests.map(str::to_owned).collect()
    }

    /// The check `name` has passed.
    pub fn passed(&self, name: &str, key: u64) {
        self.lock().insert(name.to_owned(), key);
    }

    /// The check `name` has not passed.
    pub fn failed(&self, name: &str) {
        self.lock().remove(name);
    }

    /// Writes the record back, whole or not at all: on a full disk the old one
    /// stays.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self) -> Result<()> {
        let folder = self.file.parent().context("a file lies in a folder")?;
        let write = || -> Result<()> {
            std::fs::create_dir_all(folder)?;
            let new = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&new, &*self.lock())?;
            new.persist(&self.file)?;
            Ok(())
        };
        write().with_context(|| self.file.display().to_string())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, u64>> {
        // The map is whole between any two of its operations, so a panic
        // elsewhere has not harmed it.
        self.passed.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// A hash under construction.
#[derive(Debug)]
pub struct Key<'p> {
    hasher: DefaultHasher,
    project: &'p Project,
}

impl Key<'_> {
    /// Adds a text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        text.hash(&mut self.hasher);
        self
    }

    /// Adds a file of the project, or that there is none of this name.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn file(&mut self, name: &str) -> Result<&mut Self> {
        let path = self.project.root.join(name);
        name.hash(&mut self.hasher);
        match std::fs::read(&path) {
            Ok(bytes) => Some(bytes).hash(&mut self.hasher),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                None::<Vec<u8>>.hash(&mut self.hasher);
            }
            Err(error) => {
                return Err(error).context(path.display().to_string());
            }
        }
        Ok(self)
    }

    /// Adds the project's files below `folder`, with names and contents.
    ///
    /// # Errors
    /// When one cannot be read, and when there is none: a key over nothing
    /// would never change.
    pub fn folder(&mut self, folder: &Path) -> Result<&mut Self> {
        // The tool's own folder is elsewhere when it looks at another book.
        let files = if folder.starts_with(&self.project.root) {
            self.project.files(folder)?
        } else {
            repository::files(folder)?
        };
        ensure!(
            !files.is_empty(),
            "{} has no file that belongs to the project (does a .gitignore \
             of it name them?)",
            folder.display()
        );
        for file in files {
            let inside = file.strip_prefix(folder).unwrap_or(&file);
            inside.to_string_lossy().hash(&mut self.hasher);
            self.content(&file)?;
        }
        Ok(self)
    }

    /// Adds everything of which the book is made: all files of the project, all
    /// that lies beside its pages and is copied into it, and its settings, of
    /// which some come from the environment. The pages are added as they were
    /// loaded, too: they may have changed since.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn book(&mut self) -> Result<&mut Self> {
        let project = self.project;
        let beside = project.root.join(project.src());
        self.text(&serde_json::to_string(&project.config)?);
        for page in &project.pages {
            self.text(&page.text);
        }
        self.sources(project.files(&project.root)?)?
            .sources(repository::every_file(&beside)?)
    }

    /// Adds everything of the project but its pages and what belongs to them.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn all_but_pages(&mut self) -> Result<&mut Self> {
        let project = self.project;
        let pages = project.root.join(project.src());
        let mut files = project.files(&project.root)?;
        files.retain(|file| !file.starts_with(&pages));
        self.sources(files)
    }

    /// Adds a folder that this tool has written: every file in it.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn built(&mut self, folder: &Path) -> Result<&mut Self> {
        self.named(repository::every_file(folder)?)
    }

    /// Adds everything on which the programs of `package` depend: its files,
    /// those of the packages that it needs, the versions of all others, and
    /// the settings of the workspace.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn package(&mut self, package: &Package) -> Result<&mut Self> {
        for package in self.project.with_dependencies(package) {
            self.folder(crate::project::folder(package))?;
        }
        self.file("Cargo.lock")?
            .file("Cargo.toml")?
            .file(".cargo/config.toml")?
            .file("rust-toolchain.toml")
    }

    /// Adds the scripts and styles of a built book, but for those that list
    /// its pages and change with each of them.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn assets(&mut self, book: &Path) -> Result<&mut Self> {
        for file in repository::every_file(book)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let asset = name.ends_with(".js") || name.ends_with(".css");
            // The search script names its index, whose name is a hash.
            let list = name.starts_with("toc") || name.starts_with("search");
            if asset && !list {
                self.content(&file)?;
            }
        }
        Ok(self)
    }

    /// The hash.
    pub fn finish(&self) -> u64 {
        self.hasher.finish()
    }

    /// Adds files, but for what cargo and the build of the book make.
    fn sources(&mut self, mut files: Vec<PathBuf>) -> Result<&mut Self> {
        let made = [
            self.project.target(),
            self.project.built_book(),
            starter::archives(self.project),
        ];
        files.retain(|file| !made.iter().any(|made| file.starts_with(made)));
        self.named(files)
    }

    /// Adds files by their names and contents.
    fn named(&mut self, files: Vec<PathBuf>) -> Result<&mut Self> {
        for file in files {
            let inside = file.strip_prefix(&self.project.root);
            inside.unwrap_or(&file).hash(&mut self.hasher);
            self.content(&file)?;
        }
        Ok(self)
    }

    fn content(&mut self, file: &Path) -> Result<()> {
        std::fs::read(file)
            .with_context(|| file.display().to_string())?
            .hash(&mut self.hasher);
        Ok(())
    }
}
