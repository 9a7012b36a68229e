//! What a reader takes away and tries: starters and exercises.

mod support;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use support::{
    Book, LIMIT, exits, good, laid_out, names, temporary, wrong_use,
};

#[test]
fn a_starter_is_a_workspace_of_its_own() {
    let slot = good();
    let folder = temporary();
    // Relative to the current folder, as a reader writes it; an empty folder
    // may be there already.
    let dir = folder.path().join("mine");
    std::fs::create_dir(&dir).unwrap_or_else(|error| panic!("{error}"));
    let mut command = slot.command(&["new", "ch01-demo", "mine"]);
    let ran = support::run(command.current_dir(folder.path()), LIMIT);
    exits(&ran, 0);
    assert!(ran.stdout.contains("cd mine"), "{ran}");
    assert!(ran.stdout.contains("cargo run --example s1_count"), "{ran}");
    assert_eq!(names(folder.path()), ["mine"]);

    let files = support::files(&dir);
    for name in [
        "Cargo.lock",
        "Cargo.toml",
        "README.md",
        "rustfmt.toml",
        "src/lib.rs",
        "examples/s1_count.rs",
        "exercises/double.rs",
        "solutions/double.rs",
        "exercises/tests/double.rs",
        "libs/tally/Cargo.toml",
        "libs/tally/examples/adding.rs",
        "libs/tally/examples/stack.rs",
        "libs/tally/examples/workshop.rs",
        "libs/tally/src/lib.rs",
    ] {
        assert!(files.contains_key(name), "no {name}: {:?}", files.keys());
    }
    for (name, content) in &files {
        let text = String::from_utf8_lossy(content);
        let root = slot.root.to_string_lossy().into_owned();
        assert!(!text.contains(&root), "{name} names {root}");
    }
    let manifest = support::read_text(&dir.join("Cargo.toml"));
    let workspace = support::read_text(&slot.root.join("Cargo.toml"));
    let oldest = workspace
        .lines()
        .find(|line| line.starts_with("rust-version = "))
        .expect("the workspace says which Rust is the oldest that will do");
    for text in [
        "version = \"0.1.0\"",
        "edition = \"2024\"",
        oldest,
        "license = \"MIT OR Apache-2.0\"",
        "missing_docs = \"deny\"",
        "undocumented_unsafe_blocks = \"deny\"",
        "tally = { path = \"libs/tally\" }",
        "members = [\"libs/tally\"]",
    ] {
        assert!(manifest.contains(text), "no {text}: {manifest}");
    }
    let inner = support::read_text(&dir.join("libs/tally/Cargo.toml"));
    for (name, text) in [("Cargo.toml", &manifest), ("tally", &inner)] {
        assert!(!text.contains("workspace = true"), "{name}: {text}");
        assert!(!text.contains("metadata"), "{name}: {text}");
    }

    for arguments in [
        &["test", "--workspace", "--locked", "--offline"][..],
        &["run", "--locked", "--offline", "--example", "s1_count"],
        &["fmt", "--check"],
    ] {
        let mut cargo = slot.cargo();
        cargo
            .current_dir(&dir)
            .args(arguments)
            // Nothing of this workspace may be in reach.
            .env("CARGO_TARGET_DIR", folder.path().join("target"));
        let ran = support::run(&mut cargo, LIMIT);
        exits(&ran, 0);
        if arguments[0] == "test" {
            let tests = ran.stdout.matches("test result: ok. 1 passed").count();
            assert!(tests >= 4, "{tests} programs with a test: {ran}");
        }
    }
}

#[test]
fn how_single_packages_are_built_comes_along_with_them() {
    let mut book = Book::good();
    let profile = "\n[profile.dev.package]\n\
                   tally.opt-level = 1\n\
                   xtask = { opt-level = 2, debug = false }\n";
    let manifest = book.text("Cargo.toml").to_owned() + profile;
    book.set("Cargo.toml", manifest);
    let slot = support::laid_out(&book);
    let folder = temporary();
    let dir = folder.path().join("mine");
    let mut command = slot.command(&["new", "ch01-demo", "mine"]);
    let ran = support::run(command.current_dir(folder.path()), LIMIT);
    exits(&ran, 0);
    let manifest = support::read_text(&dir.join("Cargo.toml"));
    let text = "[profile.dev.package]\ntally = { opt-level = 1 }\n";
    assert!(manifest.contains(text), "{manifest}");
    // The tool does not come along, and cargo warns of a name that is not there.
    assert!(!manifest.contains("xtask"), "{manifest}");
}

#[test]
fn the_archive_beside_the_page_is_the_same_starter() {
    let slot = good();
    exits(&slot.tool(&["book"]), 0);
    let path = slot.root.join("target/book/starters/ch01-demo.zip");
    let bytes = std::io::Cursor::new(support::read(&path));
    let mut archive = zip::ZipArchive::new(bytes)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut packed = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive
            .by_index(index)
            .unwrap_or_else(|error| panic!("file {index}: {error}"));
        let mut content = Vec::new();
        let read = file.read_to_end(&mut content);
        read.unwrap_or_else(|error| panic!("{}: {error}", file.name()));
        packed.insert(file.name().to_owned(), content);
    }
    let folder = temporary();
    let dir = folder.path().join("ch01-demo");
    exits(&slot.tool(&["new", "ch01-demo", &dir.to_string_lossy()]), 0);
    let written = support::files(folder.path());
    assert!(written.len() > 10, "{:?}", written.keys());
    let (packed_names, names): (Vec<_>, Vec<_>) =
        (packed.keys().collect(), written.keys().collect());
    assert_eq!(packed_names, names);
    assert!(packed == written, "the contents differ");
}

#[test]
fn a_starter_goes_nowhere_where_something_is() {
    let slot = good();
    let folder = temporary();
    let dir = folder.path().join("mine");
    support::write(&dir.join("notes.txt"), b"mine");
    let before = support::files(folder.path());
    let name = dir.to_string_lossy();
    wrong_use(
        &slot.tool(&["new", "ch01-demo", &name]),
        &["mine is not empty", "a new or an empty folder"],
    );
    let file = dir.join("notes.txt");
    wrong_use(
        &slot.tool(&["new", "ch01-demo", &file.to_string_lossy()]),
        &["notes.txt is a file", "a new or an empty folder"],
    );
    let below = file.join("below");
    exits(
        &slot.tool(&["new", "ch01-demo", &below.to_string_lossy()]),
        1,
    );
    assert_eq!(support::files(folder.path()), before);
}

/// The tool may write files of 16 KiB, and the chapter has a larger one: this
/// is what a full disk looks like, half-way.
#[cfg(unix)]
#[test]
fn a_starter_that_cannot_be_written_leaves_nothing() {
    let mut book = Book::good();
    book.set("crates/ch01-demo/src/zzz.txt", "x".repeat(100_000));
    let slot = laid_out(&book);
    let folder = temporary();
    let tool = slot.command(&[]);
    let new = |dir: &Path| {
        let mut shell = Command::new("sh");
        let limited = "trap '' XFSZ; ulimit -f 32; exec \"$@\"";
        shell.args(["-c", limited, "sh"]).arg(tool.get_program());
        shell
            .args(tool.get_args())
            .args(["new", "ch01-demo"])
            .arg(dir);
        for (name, value) in tool.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        support::run(&mut shell, LIMIT)
    };
    let ran = new(&folder.path().join("mine"));
    exits(&ran, 1);
    assert!(ran.stderr.contains("zzz.txt"), "{ran}");
    assert_eq!(names(folder.path()), [] as [&str; 0]);
    // Nor do the folders stay that were made on the way.
    exits(&new(&folder.path().join("a/b/mine")), 1);
    assert_eq!(names(folder.path()), [] as [&str; 0]);
    // An empty folder that was there is still there.
    std::fs::create_dir(folder.path().join("mine"))
        .unwrap_or_else(|error| panic!("{error}"));
    exits(&new(&folder.path().join("mine")), 1);
    assert_eq!(names(folder.path()), ["mine"]);
    assert_eq!(names(&folder.path().join("mine")), [] as [&str; 0]);
}

// -------------------------------------------------------------- exercise

#[test]
fn exercises_are_listed_run_and_solved() {
    let slot = good();
    let list = slot.tool(&["exercise"]);
    exits(&list, 0);
    let line = list.stdout.lines().next().unwrap_or_default();
    assert!(line.starts_with("ch01-demo/double "), "{list}");
    assert!(line.ends_with(" Exercise: double a number."), "{list}");

    for name in ["double", "ch01-demo/double"] {
        let ran = slot.tool(&["exercise", name]);
        exits(&ran, 1);
        for text in [
            "crates/ch01-demo/exercises/double.rs: Exercise: double",
            "still failing: tests::twice_three_is_six",
            "not yet implemented: exercise double",
            "0 tests pass, 1 fail",
        ] {
            assert!(ran.stdout.contains(text), "no {text:?}: {ran}");
        }
    }

    let stub = slot.root.join("crates/ch01-demo/exercises/double.rs");
    let text = support::read_text(&stub);
    let wrong = text.replace("todo!(\"exercise double\")", "number * 3");
    support::write(&stub, wrong.as_bytes());
    let ran = slot.tool(&["exercise", "double"]);
    exits(&ran, 1);
    assert!(ran.stdout.contains("left: 9"), "{ran}");
    support::write(&stub, wrong.replace("* 3", "* ").as_bytes());
    let ran = slot.tool(&["exercise", "double"]);
    exits(&ran, 1);
    assert!(ran.stdout.contains("expected expression"), "{ran}");
    support::write(&stub, wrong.replace("* 3", "* 2").as_bytes());
    let ran = slot.tool(&["exercise", "double"]);
    exits(&ran, 0);
    assert!(ran.stdout.contains("solved: 1 tests pass"), "{ran}");

    // As a reader does who gives up.
    let solution = slot.root.join("crates/ch01-demo/solutions/double.rs");
    support::write(&stub, &support::read(&solution));
    let ran = slot.tool(&["exercise", "double"]);
    exits(&ran, 0);
    assert!(ran.stdout.contains("solved: 1 tests pass"), "{ran}");
}
