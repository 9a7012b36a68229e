//! Builds a copy of the crate in which every bug is present, and asleep.
//!
//! One compilation serves all of them: a patch puts the wrong code beside the
//! right code, and a question between them, which is answered by the
//! environment of the process.

use crate::bugs::{BUGS, Patch};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Tells a process which bug is awake.
pub const AWAKE: &str = "MUSEUM_BUG";

/// What the copy has besides: the question.
const QUESTION: &str = r#"
//! Which bug is awake?
use std::sync::OnceLock;
/// Is it this one?
pub(crate) fn is(bug: &str) -> bool {
    static AWAKE: OnceLock<Option<String>> = OnceLock::new();
    let awake = AWAKE.get_or_init(|| std::env::var("MUSEUM_BUG").ok());
    awake.as_deref() == Some(bug)
}
"#;

/// The programs.
pub struct Workshop {
    pub scenarios: PathBuf,
    pub loom: PathBuf,
}

/// A library that was compiled, and its name.
type Library = (String, PathBuf);

impl Workshop {
    /// Copies, patches and compiles.
    pub fn open() -> Self {
        let program = env::current_exe().expect("this program has a path");
        let deps = program.parent().expect("it is in a folder").to_path_buf();
        let folder = deps.join("museum-of-bugs");
        let _ = fs::remove_dir_all(&folder);
        let home = testing::package_folder();
        for part in ["src", "tests", "README.md"] {
            copy(&home.join(part), &folder.join(part));
        }
        for bug in &BUGS {
            for patch in bug.patches {
                apply(bug.name, patch, &folder);
            }
        }
        let src = folder.join("src");
        write(&src.join("museum.rs"), QUESTION);
        let root = src.join("lib.rs");
        let text = read(&root);
        let text = text.replacen("\nmod ", "\nmod museum;\nmod ", 1);
        write(&root, &text);

        let mut libraries = libraries(&home, &deps);
        let rustc = Rustc { folder, deps };
        let lib = rustc.library("ch10_runtime", &root, &libraries);
        let loom = rustc.program("models", &libraries);
        libraries.push(("ch10_runtime".to_owned(), lib));
        let scenarios = rustc.program("program", &libraries);
        Self { scenarios, loom }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) {
    fs::write(path, text)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// A file or a folder; what is not there is left out.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else if from.exists() {
        fs::copy(from, to).expect("a copy");
    }
}

/// Puts the wrong code beside the right code.
fn apply(bug: &str, patch: &Patch, folder: &Path) {
    let path = folder.join(patch.file);
    let text = read(&path);
    let found: Vec<Range<usize>> = (0..text.len())
        .filter_map(|start| Some(start..same(&text, start, patch.right)?))
        .collect();
    let file = patch.file;
    let [place] = &found[..] else {
        panic!("{bug}: the code is {} times in {file}", found.len());
    };
    let both = format!(
        "{{ if crate::museum::is(\"{bug}\") {{ {} }} else {{ {} }} }}",
        patch.wrong, patch.right,
    );
    write(
        &path,
        &format!("{}{both}{}", &text[..place.start], &text[place.end..],),
    );
}

/// Where `code` ends in `text`, if it begins at `start`. Lines may be broken
/// elsewhere.
fn same(text: &str, start: usize, code: &str) -> Option<usize> {
    let mut rest = text.get(start..)?;
    for word in code.split_whitespace() {
        rest = rest.strip_prefix(word)?.trim_start();
    }
    let end = text.len() - rest.len();
    Some(text[..end].trim_end().len())
}

/// The libraries that this test was built with. cargo knows where they are;
/// it has just compiled them.
fn libraries(home: &Path, deps: &Path) -> Vec<Library> {
    let profile = deps.parent().expect("the folder of the profile");
    let target = profile.parent().expect("the target folder");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(home)
        .args(["test", "--no-run", "--test", "museum", "--offline"])
        .args(["--message-format", "json"])
        .arg("--target-dir")
        .arg(target);
    if profile.ends_with("release") {
        command.arg("--release");
    }
    let output = command.output().expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let sound = |library: &Library| library.0 == "ch10_runtime";
    let mut libraries: Vec<Library> =
        text.lines().filter_map(library).collect();
    libraries.retain(|library| !sound(library)); // the copy takes its place
    assert!(
        !libraries.is_empty(),
        "cargo names no library: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    libraries
}

/// `"filenames":["/…/libloom-0123456789abcdef.rlib", …`
fn library(line: &str) -> Option<Library> {
    let (_, files) = line.split_once("\"filenames\":[\"")?;
    let file = files.split('"').find(|file| file.ends_with(".rlib"))?;
    let name = Path::new(file).file_name()?.to_str()?;
    let (name, _hash) = name.strip_prefix("lib")?.rsplit_once('-')?;
    Some((name.to_owned(), file.into()))
}

/// Does the compiler build programs of this one's kind? In an emulator, the
/// compiler is the machine's own.
pub(crate) fn builds_for_this_processor() -> bool {
    let mut command = Command::new(rustc());
    let output = command.arg("-vV").output().expect("rustc runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = said.lines();
    let host = lines.find_map(|line| line.strip_prefix("host: "));
    host.is_some_and(|host| host.starts_with(env::consts::ARCH))
}

fn rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

struct Rustc {
    folder: PathBuf,
    deps: PathBuf,
}

impl Rustc {
    fn compile(&self, root: &Path, kind: &str, name: &str, with: &[Library]) {
        let mut command = Command::new(rustc());
        command
            .arg(root)
            .args(["--edition", "2024", "--cap-lints", "allow"])
            .args(["--crate-type", kind, "--crate-name", name])
            .args(["-C", "debuginfo=0", "-C", "debug-assertions=on"])
            .arg("--out-dir")
            .arg(&self.folder)
            .arg("-L")
            .arg(format!("dependency={}", self.deps.display()));
        for (name, file) in with {
            let library = format!("{name}={}", file.display());
            command.arg("--extern").arg(library);
        }
        let output = command.output().expect("rustc runs");
        assert!(
            output.status.success(),
            "{name} with all bugs does not compile:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn library(&self, name: &str, root: &Path, with: &[Library]) -> PathBuf {
        self.compile(root, "rlib", name, with);
        self.folder.join(format!("lib{name}.rlib"))
    }

    /// One of the files beside this one.
    fn program(&self, name: &str, with: &[Library]) -> PathBuf {
        let root = self.folder.join(format!("tests/museum/{name}.rs"));
        self.compile(&root, "bin", name, with);
        self.folder.join(name)
    }
}
