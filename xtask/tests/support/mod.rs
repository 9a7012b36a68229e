//! What the tests of the tool share: a small book in a folder of its own, and
//! the tool run on it within a time limit.
//!
//! The book is `fixtures/good`, with other folders laid over it. It is laid
//! out in one of two slots below cargo's target folder. A slot has its own
//! target folder, so that what one book has built speeds up the next. A file
//! is written only if it differs from what lies there: cargo goes by times,
//! and would else take what it built of one book for a part of another.
#![allow(dead_code, reason = "each test program uses a part of this")]

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use toml_edit::{DocumentMut, Item, Value};

mod files;
mod ran;
pub use files::*;
pub use ran::*;

/// No run of the tool on a book of this size takes as long, even if skeptic
/// has to be built for it on a slow machine.
pub const LIMIT: Duration = Duration::from_secs(600);

/// How many books may be worked on at the same time.
const SLOTS: usize = 2;

/// What cargo tells a test that it runs: not what it told the compiler, since a
/// checkout may be moved with its target folder.
#[track_caller]
fn told(name: &str) -> PathBuf {
    let told = std::env::var_os(name);
    told.unwrap_or_else(|| panic!("cargo has not set {name}"))
        .into()
}

/// The folder of the tool.
#[track_caller]
pub fn own_folder() -> PathBuf {
    told("CARGO_MANIFEST_DIR")
}

/// The tool's program.
#[track_caller]
pub fn tool() -> PathBuf {
    told("CARGO_BIN_EXE_xtask")
}

/// Cargo's folder for what tests write.
fn scratch_folder() -> PathBuf {
    let program = tool();
    let target = program.ancestors().nth(2);
    target.unwrap_or(&program).join("tmp")
}

/// The folder of the fixtures.
pub fn fixtures() -> PathBuf {
    own_folder().join("tests/fixtures")
}

/// The folder of the workspace that has the tool.
fn workspace() -> PathBuf {
    own_folder().join("..")
}

/// A book by itself: its files by their paths, with forward slashes.
#[derive(Clone, Debug)]
pub struct Book(BTreeMap<String, Vec<u8>>);

impl Book {
    /// The book with which nothing is wrong.
    #[track_caller]
    pub fn good() -> Book {
        Book(files(&fixtures().join("good")))
    }

    /// Writes a file of the book, new or instead of the one that is there.
    pub fn set(&mut self, path: &str, text: impl Into<Vec<u8>>) {
        self.0.insert(path.to_owned(), text.into());
    }

    /// Removes a file, or all files of a folder.
    #[track_caller]
    pub fn remove(&mut self, path: &str) {
        let before = self.0.len();
        let folder = format!("{path}/");
        self.0
            .retain(|name, _| name != path && !name.starts_with(&folder));
        assert!(self.0.len() < before, "the good book has no {path}");
    }

    /// The text of a file.
    #[track_caller]
    pub fn text(&self, path: &str) -> &str {
        let bytes = self
            .0
            .get(path)
            .unwrap_or_else(|| panic!("the book has no {path}"));
        std::str::from_utf8(bytes)
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Replaces a text that stands once in a file.
    #[track_caller]
    pub fn edit(&mut self, path: &str, old: &str, new: &str) {
        let text = self.text(path);
        assert_eq!(text.matches(old).count(), 1, "{path} has {old:?} once");
        let text = text.replace(old, new);
        self.set(path, text);
    }

    /// Makes the compiler that is here the oldest that will do: what a newer
    /// one finds is only told, and this one has to find it.
    #[track_caller]
    fn be_of_this_compiler(&mut self) {
        static VERSION: OnceLock<String> = OnceLock::new();
        let version = VERSION.get_or_init(|| {
            let ran = run(Command::new("rustc").arg("--version"), LIMIT);
            // rustc 1.97.0-nightly (c1f9b9d 2026-05-02)
            let release = ran.stdout.split(' ').nth(1);
            let release = release.and_then(|version| version.rsplit_once('.'));
            let (version, _) = release.unwrap_or_else(|| panic!("{ran}"));
            version.to_owned()
        });
        self.edit(
            "Cargo.toml",
            "rust-version = \"1.95\"",
            &format!("rust-version = \"{version}\""),
        );
    }

    /// Gives the book the look of the workspace's own: the browser checks
    /// find a lot wrong with that of mdBook.
    #[track_caller]
    fn dress(&mut self) {
        let parse = |name: &str, text: &str| -> DocumentMut {
            text.parse().unwrap_or_else(|e| panic!("{name}: {e}"))
        };
        let path = workspace().join("book.toml");
        let ours = parse("book.toml", &read_text(&path));
        let mut own = parse("the book's book.toml", self.text("book.toml"));
        let added = ["additional-css", "additional-js"].map(|key| {
            let list = own["output"]["html"].get(key);
            (
                key,
                list.and_then(Item::as_array).cloned().unwrap_or_default(),
            )
        });
        let looks = ours["output"]["html"].as_table_like();
        for (key, value) in looks.into_iter().flat_map(|table| table.iter()) {
            if own["output"]["html"].get(key).is_none() {
                own["output"]["html"][key] = value.clone();
            }
        }
        for (name, content) in files(&workspace().join("book/theme")) {
            self.set(&format!("book/theme/{name}"), content);
        }
        // A folder of `crates` is a crate, and the look alone is none.
        for (key, mut paths) in added {
            let list = ours["output"]["html"][key].as_array();
            for path in list.into_iter().flatten().filter_map(Value::as_str) {
                let name = path.rsplit('/').next().unwrap_or(path);
                let own_path = format!("book/theme/{name}");
                self.set(&own_path, read(&workspace().join(path)));
                paths.push(own_path);
            }
            own["output"]["html"][key] = toml_edit::value(paths);
        }
        self.set("book.toml", own.to_string());
    }

    /// Replaces a text wherever it stands.
    pub fn fill_in(&mut self, name: &str, text: &str) {
        for content in self.0.values_mut() {
            let Ok(old) = std::str::from_utf8(content) else {
                continue;
            };
            if old.contains(name) {
                *content = old.replace(name, text).into_bytes();
            }
        }
    }

    /// Does the book have this file, with these contents?
    pub fn has(&self, path: &str, content: &[u8]) -> bool {
        self.0.get(path).is_some_and(|own| own == content)
    }
}

/// A place for one book at a time, held until it is dropped: by this test
/// among those of this process, and by this process among others.
#[derive(Debug)]
pub struct Slot {
    /// The folder of the book.
    pub root: PathBuf,
    /// Where the tool builds for it.
    pub target: PathBuf,
    _lock: File,
}

impl Slot {
    /// Waits for any slot.
    #[track_caller]
    pub fn any() -> Slot {
        Slot::wait(&Vec::from_iter((0..SLOTS).rev()))
    }

    /// Waits for the slot in which skeptic is built.
    #[track_caller]
    pub fn with_skeptic() -> Slot {
        Slot::wait(&[0])
    }

    /// Takes the slot's book to another folder, with a target folder of its own:
    /// cargo would take what it has built of one checkout for the other's.
    pub fn move_to(&mut self, folder: &Path, name: &str) {
        self.root = folder.join(name);
        self.target = folder.join("target");
    }

    #[track_caller]
    fn wait(numbers: &[usize]) -> Slot {
        let started = Instant::now();
        // Others may have to run the whole suite first.
        while started.elapsed() < 4 * LIMIT {
            if let Some(slot) = numbers.iter().find_map(|n| Slot::take(*n)) {
                return slot;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("none of the slots {numbers:?} becomes free");
    }

    #[track_caller]
    fn take(number: usize) -> Option<Slot> {
        let folder = scratch_folder().join(format!("slot-{number}"));
        std::fs::create_dir_all(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let lock = folder.join("lock");
        let file = File::create(&lock)
            .unwrap_or_else(|error| panic!("{}: {error}", lock.display()));
        match file.try_lock() {
            Ok(()) => Some(Slot {
                root: folder.join("project"),
                target: folder.join("target"),
                _lock: file,
            }),
            Err(TryLockError::WouldBlock) => None,
            Err(error) => panic!("{}: {error}", lock.display()),
        }
    }

    /// Makes the slot's folder hold exactly this book, and forgets which
    /// checks have passed.
    #[track_caller]
    pub fn lay_out(&self, book: &Book) {
        self.lay_over(book);
        let passed = self.target.join("xtask/passed.json");
        if passed.exists() {
            std::fs::remove_file(&passed)
                .unwrap_or_else(|e| panic!("{}: {e}", passed.display()));
        }
    }

    /// Makes the slot's folder hold exactly this book. What has passed in the
    /// book before and is the same in this one isn't checked again: the keys
    /// of the checks have to tell that.
    #[track_caller]
    pub fn lay_over(&self, book: &Book) {
        let mut book = book.clone();
        book.set("Cargo.lock", self.lock_file());
        book.dress();
        book.be_of_this_compiler();
        self.sync(&book);
    }

    #[track_caller]
    fn sync(&self, book: &Book) {
        if self.root.is_dir() {
            for path in paths(&self.root) {
                let inside = path.strip_prefix(&self.root).unwrap_or(&path);
                let name = inside.to_string_lossy().replace('\\', "/");
                if book.0.contains_key(&name) {
                    continue;
                }
                std::fs::remove_file(&path)
                    .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                for folder in path.ancestors().skip(1) {
                    // It is not empty: others still need it.
                    if std::fs::remove_dir(folder).is_err() {
                        break;
                    }
                }
            }
        }
        for (name, content) in &book.0 {
            let path = self.root.join(name);
            if !std::fs::read(&path).is_ok_and(|old| old == *content) {
                write(&path, content);
            }
        }
    }

    /// The good book's lock file: the workspace's, with the book's packages
    /// in it and without what they do not need.
    #[track_caller]
    fn lock_file(&self) -> String {
        static LOCK: OnceLock<String> = OnceLock::new();
        let make = || {
            // On a fresh machine nothing has asked yet for the packages of
            // other platforms, and skeptic reads all their manifests. Without
            // a network it fails, and who needs one that is missing tells.
            let mut fetch = cargo();
            fetch.args(["fetch", "--quiet", "--locked"]);
            run(fetch.current_dir(workspace()), LIMIT);
            let mut book = Book::good();
            book.set("Cargo.lock", read(&workspace().join("Cargo.lock")));
            self.sync(&book);
            let mut cargo = self.cargo();
            cargo.args(["metadata", "--format-version=1"]);
            let ran = run(&mut cargo, LIMIT);
            assert!(ran.success(), "{ran}");
            read_text(&self.root.join("Cargo.lock"))
        };
        LOCK.get_or_init(make).clone()
    }

    /// A cargo command in the slot's book.
    pub fn cargo(&self) -> Command {
        let mut command = cargo();
        self.prepare(&mut command);
        command
    }

    /// The tool, called for the slot's book.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(tool());
        command.arg("--root").arg(&self.root).args(arguments);
        self.prepare(&mut command);
        command
    }

    /// Runs the tool on the slot's book.
    #[track_caller]
    pub fn tool(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments), LIMIT)
    }

    fn prepare(&self, command: &mut Command) {
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_NET_OFFLINE", "true")
            // Crates of a few lines, built again and again: less to write.
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            // A stage whose tool is missing may be skipped.
            .env_remove("CI");
        // The deployment's own settings are not for these books.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MDBOOK_") {
                command.env_remove(name);
            }
        }
    }
}

/// The cargo that runs this test.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Says something of a test that passes, which by `println!` is not shown.
pub fn say(note: std::fmt::Arguments<'_>) {
    // To say so is a courtesy.
    let _ = writeln!(std::io::stderr().lock(), "{note}");
}

/// The page that every book has.
pub const PAGE: &str = "book/introduction.md";

/// Lays the good book out in a slot.
#[track_caller]
pub fn good() -> Slot {
    laid_out(&Book::good())
}

#[track_caller]
pub fn laid_out(book: &Book) -> Slot {
    let slot = Slot::any();
    slot.lay_out(book);
    slot
}

/// The good book with another introduction.
#[track_caller]
pub fn with_page(text: &str) -> Book {
    let mut book = Book::good();
    book.set(PAGE, text);
    book
}

#[track_caller]
pub fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("tempdir: {error}"))
}

/// Chromium, if it is here with what drives it.
pub fn browser(scripts: &Path) -> Option<PathBuf> {
    let node = Command::new("node").arg("--version").output();
    node.is_ok_and(|output| output.status.success())
        .then_some(())?;
    let driver = scripts.join("node_modules/playwright-core");
    driver.is_dir().then_some(())?;
    chromium()
}

/// Chromium, if it is here.
pub fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join("chromium"))
        .find(|file| file.is_file())
}
