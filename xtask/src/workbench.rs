//! Generated packages in which the book's snippets are compiled: they see the
//! workspace's libraries and what book.toml adds, in the workspace's locked
//! versions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::{Message, TargetKind};
use toml_edit::{DocumentMut, InlineTable, Item, Table, value};

use crate::process;
use crate::project::{Project, folder};

/// No build takes as long as this, with a cold target and on a busy machine.
pub const BUILD_LIMIT: Duration = Duration::from_secs(1200);

/// A generated package.
#[derive(Debug)]
pub struct Workbench {
    /// Its folder.
    pub folder: PathBuf,
    target: PathBuf,
    libraries: Vec<String>,
}

impl Workbench {
    /// Writes the manifest of the package `name`, which has all libraries of
    /// the book as dependencies. `own` adds to the manifest.
    ///
    /// # Errors
    /// When the folder cannot be written or book.toml is wrong.
    pub fn new(project: &Project, name: &str, own: &str) -> Result<Workbench> {
        let mut manifest: DocumentMut = own.parse().context("the manifest")?;
        let mut package = Table::new();
        package["name"] = value(format!("book-{name}"));
        package["version"] = value("0.0.0");
        package["edition"] = value(edition(project));
        package["publish"] = value(false);
        manifest["package"] = Item::Table(package);
        manifest["workspace"] = Item::Table(Table::new());
        let mut profiles = Table::new();
        profiles["dev"] = Item::Table(project.dev_profile()?);
        manifest["profile"] = Item::Table(profiles);
        let mut libraries = Vec::new();
        let mut dependencies = Table::new();
        for package in project.packages() {
            if package.targets.iter().any(|t| t.is_kind(TargetKind::Lib)) {
                let mut path = InlineTable::new();
                path.insert(
                    "path",
                    folder(package).to_string_lossy().as_ref().into(),
                );
                dependencies[package.name.as_str()] = value(path);
                libraries.push(package.name.replace('-', "_"));
            }
        }
        let extra: BTreeMap<String, String> =
            project.setting("snippet-dependencies")?.unwrap_or_default();
        for (name, version) in extra {
            libraries.push(name.replace('-', "_"));
            dependencies[&name] = value(version);
        }
        manifest["dependencies"] = Item::Table(dependencies);
        let bench = Workbench {
            folder: project.work_folder(name),
            target: project.target(),
            libraries,
        };
        bench.file("Cargo.toml", &manifest.to_string())?;
        // cargo drops what the package does not need and keeps the versions.
        // The original lies beside it, to see when the workspace has others.
        let lock = project.root.join("Cargo.lock");
        let original = bench.folder.join("Cargo.lock.original");
        if let Ok(text) = std::fs::read_to_string(&lock)
            && !std::fs::read_to_string(&original).is_ok_and(|old| old == text)
        {
            bench.file("Cargo.lock", &text)?;
            bench.file("Cargo.lock.original", &text)?;
        }
        Ok(bench)
    }

    /// Writes a file of the package, unless it is there with this content:
    /// cargo goes by the time of the last change.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file(&self, name: &str, content: &str) -> Result<()> {
        write_if_changed(&self.folder.join(name), content.as_bytes())
    }

    /// A cargo command in the package.
    pub fn cargo(&self) -> std::process::Command {
        process::cargo(&self.folder, &self.target)
    }

    /// Builds the package's dependencies; gives the arguments with which
    /// rustc finds them.
    ///
    /// # Errors
    /// When they do not build.
    pub fn rustc_arguments(&self) -> Result<Vec<String>> {
        let mut command = self.cargo();
        command.args(["build", "--quiet", "--message-format=json"]);
        let built = process::run(&mut command, BUILD_LIMIT)?;
        ensure!(
            built.success(),
            "the libraries do not build: cargo {}:\n{}",
            built.ending(),
            built.output
        );
        let mut arguments = Vec::new();
        for message in Message::parse_stream(built.output.as_bytes()) {
            let Message::CompilerArtifact(artifact) = message? else {
                continue;
            };
            let name = artifact.target.name.replace('-', "_");
            for file in &artifact.filenames {
                if file.extension() != Some("rlib") {
                    continue;
                }
                if let Some(folder) = file.parent() {
                    let search = format!("-Ldependency={folder}");
                    if !arguments.contains(&search) {
                        arguments.push(search);
                    }
                }
                if self.libraries.contains(&name) {
                    arguments.push(format!("--extern={name}={file}"));
                }
            }
        }
        Ok(arguments)
    }
}

/// The edition of the book's snippets: book.toml's `rust.edition`.
pub fn edition(project: &Project) -> String {
    project
        .config
        .get("rust.edition")
        .ok()
        .flatten()
        .unwrap_or_else(|| "2024".to_owned())
}

/// Writes a file with its folders, unless it already has this content.
///
/// # Errors
/// When it cannot be written.
pub fn write_if_changed(path: &Path, content: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| folder.display().to_string())?;
    }
    std::fs::write(path, content).with_context(|| path.display().to_string())
}

/// Applies `work` to each item, on as many threads as there are cores. The
/// results come in the order of the items.
pub fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let threads = std::thread::available_parallelism()
        .map_or(1, |n| n.get())
        .min(items.len());
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                // Relaxed: the counter only deals out numbers; the results
                // are handed over by the mutex.
                while let Some((index, item)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    items.get(index).map(|item| (index, item))
                } {
                    let result = work(item);
                    results
                        .lock()
                        .unwrap_or_else(|e| e.into_inner())
                        .push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(|e| e.into_inner());
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
