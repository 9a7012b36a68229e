//! Taking a chapter away: a stand-alone workspace with the chapter as its root
//! package, the chapters that it depends on under `libs/`, and no trace of
//! this repository.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{Package, TargetKind};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};
use zip::write::SimpleFileOptions;

use crate::project::{Project, folder};
use crate::workbench::write_if_changed;
use crate::{WrongUse, process, repository};

mod lock;

/// Where the packages lie on which a starter's own depends. Not `crates`, as in
/// the workspace: cargo names what it builds by a package's place in its
/// workspace, so two packages of the same place that build into one folder
/// would be taken for each other.
const LIBRARIES: &str = "libs";

/// The folder of the archives in the book.
const ARCHIVES: &str = "starters";

/// Where a package lies on which a starter's own depends.
pub fn library(name: &str) -> String {
    format!("{LIBRARIES}/{name}")
}

/// A starter that was written.
#[derive(Debug)]
pub struct Written {
    chapter: String,
    /// The example to run first, if there is any.
    pub example: Option<String>,
}

impl Written {
    /// What to do with it, in words.
    pub fn next_steps(&self, dir: &Path) -> String {
        let mut text = format!(
            "{} is in {}. Next:\n  cd {}\n  cargo test",
            self.chapter,
            dir.display(),
            dir.display()
        );
        if let Some(example) = &self.example {
            text += &format!("\n  cargo run --example {example}");
        }
        text
    }
}

/// Writes the starter of `chapter` into `dir`.
///
/// # Errors
/// [`WrongUse`] for an unknown chapter or a folder that is not empty; else
/// what the file system says. In every case nothing is left behind.
pub fn write(project: &Project, chapter: &str, dir: &Path) -> Result<Written> {
    let package = project.package(chapter)?;
    let dir = std::path::absolute(dir)?;
    outside(project, &dir)?;
    match std::fs::read_dir(&dir) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(WrongUse(format!(
                    "{} is not empty: name a new or an empty folder",
                    dir.display()
                ))
                .into());
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(_) if dir.is_file() => {
            return Err(WrongUse(format!(
                "{} is a file: name a new or an empty folder",
                dir.display()
            ))
            .into());
        }
        Err(error) => {
            return Err(error).with_context(|| dir.display().to_string());
        }
    }
    let files = files(project, package)?;
    let parent = dir.parent().context("the root of the file system")?;
    let missing: Vec<&Path> = parent
        .ancestors()
        .take_while(|folder| !folder.exists())
        .collect();
    if let Err(error) = place(&files, parent, &dir) {
        for folder in missing {
            // Only what is empty goes, and the first error is the one to tell.
            let _ = std::fs::remove_dir(folder);
        }
        return Err(error);
    }
    settle_lock(project, &dir);
    Ok(Written {
        chapter: chapter.to_owned(),
        example: example(package),
    })
}

/// Has cargo drop from the lock file what only the features of packages asked
/// for that did not come along. Versions stay as they are. Without the
/// registry's index the file stays as it is, too; cargo mends it when it can.
fn settle_lock(project: &Project, dir: &Path) {
    let mut command = process::cargo(dir, &project.target());
    command.args(["update", "--workspace", "--offline", "--quiet"]);
    // What fails here is told by the reader's first `cargo` command.
    let _ = process::run(&mut command, Duration::from_secs(60));
}

/// A starter inside this workspace would be a part of it: `cargo` takes what
/// lies in `crates` for a member, and the tests would look at it.
fn outside(project: &Project, dir: &Path) -> Result<()> {
    // Links lead elsewhere, and only what exists can be one.
    let existing = dir.ancestors().find_map(|part| part.canonicalize().ok());
    let root = project.root.canonicalize()?;
    if existing.is_some_and(|folder| folder.starts_with(&root)) {
        return Err(WrongUse(format!(
            "{} lies inside this workspace: name a folder outside {}",
            dir.display(),
            root.display()
        ))
        .into());
    }
    Ok(())
}

/// Writes the files beside `dir` and moves them there in one step: a starter
/// is there as a whole or not at all.
fn place(
    files: &BTreeMap<String, Vec<u8>>,
    parent: &Path,
    dir: &Path,
) -> Result<()> {
    std::fs::create_dir_all(parent)
        .with_context(|| parent.display().to_string())?;
    let draft = tempfile::Builder::new()
        .prefix(".starter-")
        .tempdir_in(parent)
        .with_context(|| parent.display().to_string())?;
    for (name, content) in files {
        write_if_changed(&draft.path().join(name), content)?;
    }
    if dir.exists() {
        std::fs::remove_dir(dir).with_context(|| dir.display().to_string())?;
    }
    let draft = draft.keep();
    if let Err(error) = std::fs::rename(&draft, dir) {
        // The first error is the one to tell.
        let _ = std::fs::remove_dir_all(&draft);
        return Err(error).with_context(|| dir.display().to_string());
    }
    open_up(dir)
}

/// A temporary folder is private; the starter is an ordinary one.
#[cfg(unix)]
fn open_up(dir: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755))
        .with_context(|| dir.display().to_string())
}

#[cfg(not(unix))]
fn open_up(_dir: &Path) -> Result<()> {
    Ok(())
}

/// Writes the starter of `chapter` as a zip beside the pages, where the page
/// links it; gives its path relative to the pages.
///
/// # Errors
/// When a file of the chapter cannot be read or the archive not written.
pub fn archive(project: &Project, chapter: &str) -> Result<String> {
    let files = files(project, project.package(chapter)?)?;
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    // No times: equal sources give an equal archive.
    let options = SimpleFileOptions::default()
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    for (name, content) in &files {
        zip.start_file(format!("{chapter}/{name}"), options)?;
        zip.write_all(content)?;
    }
    let bytes = zip.finish()?.into_inner();
    let name = format!("{chapter}.zip");
    write_if_changed(&archives(project).join(&name), &bytes)?;
    Ok(format!("{ARCHIVES}/{name}"))
}

/// Where the archives lie, beside the pages, for mdBook to copy them.
pub fn archives(project: &Project) -> PathBuf {
    project.root.join(project.src()).join(ARCHIVES)
}

/// The files of a starter by their names, with forward slashes.
fn files(
    project: &Project,
    package: &Package,
) -> Result<BTreeMap<String, Vec<u8>>> {
    let closure = project.with_dependencies(package);
    let mut files = BTreeMap::new();
    for member in &closure {
        let root = member.name == package.name;
        let prefix = if root {
            String::new()
        } else {
            library(&member.name) + "/"
        };
        let from = folder(member);
        for file in project.files(from)? {
            let inside = file.strip_prefix(from)?;
            let name = inside.to_string_lossy().replace('\\', "/");
            let content = std::fs::read(&file)
                .with_context(|| file.display().to_string())?;
            files.insert(format!("{prefix}{name}"), content);
        }
        let manifest = manifest(project, member, root, &closure)?;
        files.insert(format!("{prefix}Cargo.toml"), manifest.into_bytes());
    }
    for name in ["LICENSE-MIT", "LICENSE-APACHE", "rustfmt.toml"] {
        if let Ok(content) = std::fs::read(project.root.join(name)) {
            files.insert(name.to_owned(), content);
        }
    }
    files.insert(".gitignore".to_owned(), b"/target\n".to_vec());
    files
        .entry("README.md".to_owned())
        .or_insert_with(|| readme(package).into_bytes());
    if let Ok(lock) = std::fs::read_to_string(project.root.join("Cargo.lock")) {
        let lock = lock::needed(&lock, &closure)?;
        if let Some(manifest) = files.get_mut("Cargo.toml") {
            let text = String::from_utf8_lossy(manifest).into_owned();
            *manifest = with_profiles(project, &text, &lock)?.into_bytes();
        }
        files.insert("Cargo.lock".to_owned(), lock.into_bytes());
    }
    Ok(files)
}

/// Adds to the starter's manifest what the workspace says of how single packages
/// are built that are in the starter's lock file: a model checker that is not
/// optimised takes many times as long.
fn with_profiles(
    project: &Project,
    manifest: &str,
    lock: &str,
) -> Result<String> {
    let lock: DocumentMut = lock.parse().context("Cargo.lock")?;
    let locked = lock.get("package").and_then(Item::as_array_of_tables);
    let is_locked = |name: &str| {
        let mut tables = locked.into_iter().flatten();
        tables
            .any(|table| table.get("name").and_then(Item::as_str) == Some(name))
    };
    let mut packages = project.dev_packages()?;
    packages.retain(|name, _| is_locked(name));
    if packages.is_empty() {
        return Ok(manifest.to_owned());
    }
    let mut own: DocumentMut = manifest.parse().context("the manifest")?;
    let inside = |key: &str, table: Table| {
        let mut outer = Table::new();
        outer.set_implicit(true);
        outer[key] = Item::Table(table);
        outer
    };
    own["profile"] = Item::Table(inside("dev", inside("package", packages)));
    Ok(own.to_string())
}

fn example(package: &Package) -> Option<String> {
    let named = package.metadata["book"]["example"].as_str();
    named.map(str::to_owned).or_else(|| {
        let mut examples = package
            .targets
            .iter()
            .filter(|target| target.is_kind(TargetKind::Example));
        examples.next().map(|target| target.name.clone())
    })
}

fn readme(package: &Package) -> String {
    format!(
        "# {}\n\n{}\n",
        package.name,
        package.description.as_deref().unwrap_or_default()
    )
}

/// The manifest with every key that it inherits written out.
fn manifest(
    project: &Project,
    package: &Package,
    root: bool,
    closure: &[&Package],
) -> Result<String> {
    let read = |path: &Path| -> Result<DocumentMut> {
        std::fs::read_to_string(path)
            .with_context(|| path.display().to_string())?
            .parse()
            .with_context(|| path.display().to_string())
    };
    let workspace = read(&project.root.join("Cargo.toml"))?;
    let shared = &workspace["workspace"];
    let mut own = read(package.manifest_path.as_std_path())?;
    if let Some(keys) = own["package"].as_table_like_mut() {
        inherit_keys(keys, shared.get("package"))?;
        // What the book says of the chapter means nothing elsewhere.
        keys.remove("metadata");
    }
    if inherits(own.get("lints")) {
        let mut lints = shared
            .get("lints")
            .cloned()
            .context("the crate inherits lints, but the workspace has none")?;
        forget_positions(&mut lints);
        own["lints"] = lints;
    }
    let mut tables: Vec<&mut dyn TableLike> = Vec::new();
    let (mut plain, mut platforms) = (Vec::new(), None);
    for (key, item) in own.iter_mut() {
        if DEPENDENCIES.contains(&key.get()) {
            plain.push(item);
        } else if key.get() == "target" {
            platforms = Some(item);
        }
    }
    for item in plain {
        tables.extend(item.as_table_like_mut());
    }
    if let Some(platforms) = platforms.and_then(Item::as_table_like_mut) {
        for (_, platform) in platforms.iter_mut() {
            let Some(platform) = platform.as_table_like_mut() else {
                continue;
            };
            for (key, item) in platform.iter_mut() {
                if DEPENDENCIES.contains(&key.get()) {
                    tables.extend(item.as_table_like_mut());
                }
            }
        }
    }
    for table in tables {
        for (name, item) in table.iter_mut() {
            // A path is relative to the manifest in which it stands.
            let base = if inherits(Some(item)) {
                &project.root
            } else {
                folder(package)
            };
            inherit_dependency(name.get(), item, shared.get("dependencies"))?;
            move_path(item, root, base, closure);
        }
    }
    if root {
        let mut table = Table::new();
        table["resolver"] = shared
            .get("resolver")
            .cloned()
            .unwrap_or_else(|| value("3"));
        let mut members = Array::new();
        for member in closure.iter().filter(|m| m.name != package.name) {
            members.push(library(&member.name));
        }
        table["members"] = value(members);
        own["workspace"] = Item::Table(table);
    }
    Ok(own.to_string())
}

const DEPENDENCIES: &[&str] =
    &["dependencies", "dev-dependencies", "build-dependencies"];

fn inherits(item: Option<&Item>) -> bool {
    item.and_then(|item| item.get("workspace"))
        .and_then(Item::as_bool)
        .unwrap_or(false)
}

/// `edition.workspace = true` becomes the workspace's edition.
fn inherit_keys(keys: &mut dyn TableLike, shared: Option<&Item>) -> Result<()> {
    for (key, item) in keys.iter_mut() {
        if inherits(Some(item)) {
            *item = shared
                .and_then(|shared| shared.get(key.get()))
                .cloned()
                .with_context(|| {
                    format!("the workspace has no package.{}", key.get())
                })?;
        }
    }
    Ok(())
}

/// `libc.workspace = true` becomes the workspace's requirement, with the
/// crate's own features added.
fn inherit_dependency(
    name: &str,
    item: &mut Item,
    shared: Option<&Item>,
) -> Result<()> {
    if !inherits(Some(item)) {
        return Ok(());
    }
    let from = shared
        .and_then(|shared| shared.get(name))
        .with_context(|| format!("the workspace has no dependency {name}"))?;
    let mut table = toml_edit::InlineTable::new();
    match (from.as_str(), from.as_table_like()) {
        (Some(version), _) => _ = table.insert("version", version.into()),
        (None, Some(keys)) => {
            for (key, item) in keys.iter() {
                if let Some(value) = item.as_value() {
                    table.insert(key, value.clone());
                }
            }
        }
        (None, None) => bail!("the workspace's dependency {name}"),
    }
    if let Some(keys) = item.as_table_like() {
        for (key, own) in keys.iter() {
            let Some(own) = own.as_value() else { continue };
            match (key, table.get_mut(key).and_then(|v| v.as_array_mut())) {
                ("workspace", _) => {}
                ("features", Some(features)) => {
                    for feature in own.as_array().into_iter().flatten() {
                        features.push_formatted(feature.clone());
                    }
                }
                _ => _ = table.insert(key, own.clone()),
            }
        }
    }
    table.fmt();
    *item = value(table);
    Ok(())
}

/// A path to a chapter in this repository becomes its path in the starter.
fn move_path(item: &mut Item, root: bool, base: &Path, closure: &[&Package]) {
    let Some(path) = item.get("path").and_then(Item::as_str) else {
        return;
    };
    let target = crate::page::tidy(&base.join(path));
    let Some(member) = closure.iter().find(|p| folder(p) == target) else {
        return;
    };
    let to = if root {
        library(&member.name)
    } else {
        format!("../{}", member.name)
    };
    item["path"] = value(to);
}

/// Tables remember where they stood in their document; in another one that
/// would shuffle them.
fn forget_positions(item: &mut Item) {
    if let Some(table) = item.as_table_mut() {
        table.set_position(None);
        for (_, inner) in table.iter_mut() {
            forget_positions(inner);
        }
    }
}

/// A path that must not occur in a starter: this project's root.
pub fn traces(project: &Project, dir: &Path) -> Result<Vec<PathBuf>> {
    let root = project.root.to_string_lossy().into_owned();
    let mut found = Vec::new();
    for file in repository::every_file(dir)? {
        let bytes = std::fs::read(&file)?;
        if String::from_utf8_lossy(&bytes).contains(&root) {
            found.push(file.strip_prefix(dir)?.to_owned());
        }
    }
    Ok(found)
}
