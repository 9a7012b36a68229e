//! Where things are: the book's folder, its pages, the workspace's packages.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, Result};
use cargo_metadata::{Metadata, MetadataCommand, Package};
use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;
use mdbook_driver::config::Config;

use crate::page::{Page, Place};
use crate::{WrongUse, cross, process, repository, unknown};

/// The name under which book.toml knows this tool's preprocessor.
pub const PREPROCESSOR: &str = "xtask";

/// A book and its workspace.
#[derive(Debug)]
pub struct Project {
    /// The folder of book.toml, absolute.
    pub root: PathBuf,
    /// book.toml, with the overrides of the environment.
    pub config: Config,
    /// What cargo says of the workspace.
    pub metadata: Metadata,
    /// The pages, in the order of the summary.
    pub pages: Vec<Page>,
    files: OnceLock<Vec<PathBuf>>,
    host: OnceLock<String>,
}

impl Project {
    /// Finds the project around `start`: the nearest folder upwards that has a
    /// book.toml.
    ///
    /// # Errors
    /// [`WrongUse`] when there is none; else what mdBook or cargo complain of.
    pub fn find(start: &Path) -> Result<Project> {
        let root = start
            .ancestors()
            .find(|folder| folder.join("book.toml").is_file())
            .ok_or_else(|| {
                WrongUse(format!(
                    "no book.toml in {} or above it: run this inside the \
                     project",
                    start.display()
                ))
            })?;
        Project::load(root)
    }

    /// Loads the project in `root`.
    ///
    /// # Errors
    /// What mdBook or cargo complain of.
    pub fn load(root: &Path) -> Result<Project> {
        let root = whole_path(root).context("the project's folder")?;
        let mut metadata = MetadataCommand::new();
        for (name, value) in process::environment::changes() {
            match value {
                Some(value) => metadata.env(name, value),
                None => metadata.env_remove(name),
            };
        }
        let metadata = metadata
            .current_dir(&root)
            .no_deps()
            .other_options(["--offline".to_owned()])
            .exec()
            .context("cargo metadata")?;
        let book = MDBook::load(&root).map_err(|error| {
            missing_page(&root)
                .unwrap_or_else(|| error.context("book.toml and SUMMARY.md"))
        })?;
        let src = book.config.book.src.clone();
        let mut pages = Vec::new();
        for item in book.iter() {
            if let BookItem::Chapter(chapter) = item
                && let Some(path) = &chapter.source_path
            {
                pages.push(Page::load(&root, &src.join(path))?);
            }
        }
        Ok(Project {
            root,
            config: book.config,
            metadata,
            pages,
            files: OnceLock::new(),
            host: OnceLock::new(),
        })
    }

    /// The project's files below `folder`, absolute and sorted. What belongs
    /// to the project is found out once a run.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn files(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let all = match self.files.get() {
            Some(all) => all,
            None => {
                let all = repository::files(&self.root)?;
                self.files.get_or_init(|| all)
            }
        };
        let below = all.iter().filter(|file| file.starts_with(folder));
        Ok(below.cloned().collect())
    }

    /// The platform of the compiler itself, as compilers call it; nothing if
    /// it doesn't say.
    pub fn host(&self) -> &str {
        self.host.get_or_init(|| cross::host().unwrap_or_default())
    }

    /// The folder of the pages, relative to the root.
    pub fn src(&self) -> &Path {
        &self.config.book.src
    }

    /// Where the book goes that is deployed, absolute.
    pub fn built_book(&self) -> PathBuf {
        self.root.join(&self.config.build.build_dir)
    }

    /// The name of the book as a PDF, from its title.
    pub fn pdf_name(&self) -> String {
        let title = self.config.book.title.as_deref().unwrap_or("book");
        let words: Vec<String> = title
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        format!("{}.pdf", words.join("-"))
    }

    /// Where the tests build the book, absolute. Not where it is deployed
    /// from or served: somebody may be reading that while the tests run.
    pub fn tested_book(&self) -> PathBuf {
        self.work_folder("book")
    }

    /// Where cargo builds.
    pub fn target(&self) -> PathBuf {
        self.metadata.target_directory.clone().into_std_path_buf()
    }

    /// The workspace's own settings for debug builds: what is generated is
    /// built with the same, so that it finds its dependencies built.
    ///
    /// # Errors
    /// When the workspace's manifest cannot be read.
    pub fn dev_profile(&self) -> Result<toml_edit::Table> {
        let mut own = self.dev_settings()?;
        // Tables below it are about single packages.
        own.retain(|_, item| item.is_value());
        Ok(own)
    }

    /// What the workspace's settings for debug builds say of single packages,
    /// by their names.
    ///
    /// # Errors
    /// When the workspace's manifest cannot be read.
    pub fn dev_packages(&self) -> Result<toml_edit::Table> {
        let settings = self.dev_settings()?;
        let packages = settings.get("package").and_then(|i| i.as_table());
        let mut own = toml_edit::Table::new();
        for (name, item) in packages.into_iter().flatten() {
            let mut table = toml_edit::InlineTable::new();
            let keys = item.as_table_like().into_iter();
            for (key, item) in keys.flat_map(|keys| keys.iter()) {
                if let Some(value) = item.as_value() {
                    table.insert(key, value.clone());
                }
            }
            table.fmt();
            own.insert(name, toml_edit::value(table));
        }
        Ok(own)
    }

    /// The table `[profile.dev]` of the workspace's manifest.
    fn dev_settings(&self) -> Result<toml_edit::Table> {
        let manifest = self.root.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest)
            .with_context(|| manifest.display().to_string())?;
        let manifest: toml_edit::DocumentMut = text.parse()?;
        let profile = manifest
            .get("profile")
            .and_then(|profiles| profiles.get("dev"))
            .and_then(toml_edit::Item::as_table);
        Ok(profile.cloned().unwrap_or_default())
    }

    /// A folder under cargo's own for what this tool makes on the way.
    pub fn work_folder(&self, name: &str) -> PathBuf {
        self.target().join("xtask").join(name)
    }

    /// The packages that belong to the book: the workspace's, less this tool.
    pub fn packages(&self) -> Vec<&Package> {
        let mut packages: Vec<&Package> = self
            .metadata
            .workspace_packages()
            .into_iter()
            .filter(|package| package.name != env!("CARGO_PKG_NAME"))
            .collect();
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        packages
    }

    /// The chapters: packages that have a page, or a folder of pages, of the
    /// same name.
    pub fn chapters(&self) -> Vec<&Package> {
        self.packages()
            .into_iter()
            .filter(|package| {
                self.pages
                    .iter()
                    .any(|page| self.chapter_of(page) == Some(&*package.name))
            })
            .collect()
    }

    /// The names of the chapters, in the order of the book.
    pub fn chapters_in_order(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for chapter in self.pages.iter().filter_map(|p| self.chapter_of(p)) {
            if !found.contains(&chapter) {
                found.push(chapter);
            }
        }
        found
    }

    /// The package called `name`.
    ///
    /// # Errors
    /// [`WrongUse`] that lists the packages and suggests the nearest.
    pub fn package(&self, name: &str) -> Result<&Package> {
        let packages = self.packages();
        packages
            .iter()
            .find(|package| package.name == name)
            .copied()
            .ok_or_else(|| {
                unknown(
                    "chapter",
                    name,
                    packages.iter().map(|package| &**package.name),
                )
            })
    }

    /// A package and what it needs of this workspace, for its tests too.
    pub fn with_dependencies<'a>(
        &'a self,
        package: &'a Package,
    ) -> Vec<&'a Package> {
        let all = self.packages();
        let mut found = vec![package];
        let mut looked_at = 0;
        while let Some(package) = found.get(looked_at).copied() {
            looked_at += 1;
            let paths =
                package.dependencies.iter().filter_map(|d| d.path.as_ref());
            for path in paths {
                let needed =
                    all.iter().find(|p| folder(p) == path.as_std_path());
                if let Some(needed) = needed
                    && !found.iter().any(|p| p.name == needed.name)
                {
                    found.push(needed);
                }
            }
        }
        found
    }

    /// The chapter that a page belongs to, if any: the package named like the
    /// page's folder, or like the page.
    pub fn chapter_of(&self, page: &Page) -> Option<&str> {
        let inside = page.path.strip_prefix(self.src()).ok()?;
        let first = Path::new(inside.components().next()?.as_os_str());
        let name = first.file_stem()?.to_str()?;
        self.packages()
            .into_iter()
            .map(|package| &**package.name)
            .find(|package| *package == name)
    }

    /// A value of this tool's table in book.toml.
    pub fn setting<T: for<'de> serde::Deserialize<'de>>(
        &self,
        key: &str,
    ) -> Result<Option<T>> {
        self.config
            .get(&format!("preprocessor.{PREPROCESSOR}.{key}"))
            .with_context(|| {
                format!("book.toml: preprocessor.{PREPROCESSOR}.{key}")
            })
    }

    /// `path` as it reads best in a message: relative to the root, with
    /// forward slashes.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .to_string_lossy()
            .replace('\\', "/")
    }
}

/// The path without links, as cargo and the programs that it starts name it.
#[cfg(unix)]
fn whole_path(path: &Path) -> std::io::Result<PathBuf> {
    path.canonicalize()
}

/// The absolute path. Windows has another form for one without links, which
/// many programs do not understand.
#[cfg(not(unix))]
fn whole_path(path: &Path) -> std::io::Result<PathBuf> {
    std::path::absolute(path)
}

/// mdBook names a missing page, but not the line of the summary that asks for
/// it.
fn missing_page(root: &Path) -> Option<anyhow::Error> {
    let config = Config::from_disk(root.join("book.toml")).ok()?;
    let summary = config.book.src.join("SUMMARY.md");
    let text = std::fs::read_to_string(root.join(&summary)).ok()?;
    text.lines().enumerate().find_map(|(index, line)| {
        let (_, rest) = line.split_once("](")?;
        let path = rest.split(')').next().filter(|path| !path.is_empty())?;
        let missing = !root.join(&config.book.src).join(path).is_file();
        missing.then(|| {
            let place = Place::new(&summary, index + 1);
            anyhow::anyhow!("{place}: there is no page {path}")
        })
    })
}

/// The folder of a package.
pub fn folder(package: &Package) -> &Path {
    package
        .manifest_path
        .parent()
        .expect("a manifest lies in a folder")
        .as_std_path()
}
