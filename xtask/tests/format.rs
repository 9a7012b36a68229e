//! The formatter comes to every file of the tool. It follows `mod` lines, and
//! none that a macro makes.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::LIMIT;

/// The files under a folder's `src` that rustfmt passes by.
#[track_caller]
fn passed_by(folder: &Path, root: &str) -> BTreeSet<PathBuf> {
    let folder = folder.canonicalize().expect("a folder");
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.current_dir(&folder).args(["--edition", "2024"]);
    // What it would change is the matter of `cargo xtask test style`.
    rustfmt.args(["--check", "--verbose", root]);
    let ran = support::run(&mut rustfmt, LIMIT);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    let seen: BTreeSet<PathBuf> = said
        .lines()
        .filter_map(|line| line.strip_prefix("Formatting "))
        .map(PathBuf::from)
        .collect();
    assert!(!seen.is_empty(), "{ran}");
    let all = support::files(&folder.join("src")).into_keys();
    all.filter(|name| name.ends_with(".rs"))
        .map(|name| folder.join("src").join(name))
        .filter(|path| !seen.contains(path))
        .collect()
}

#[test]
fn the_formatter_comes_to_every_file() {
    let tool = support::own_folder();
    let figures = tool.join("../crates/book-figures");
    for (folder, root) in [(&tool, "src/main.rs"), (&figures, "src/lib.rs")] {
        assert_eq!(passed_by(folder, root), BTreeSet::new());
    }
}

#[test]
fn a_module_that_a_macro_makes_is_passed_by() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        support::write(&folder.path().join("src").join(name), text.as_bytes());
    };
    write(
        "main.rs",
        "macro_rules! m { ($n:ident) => { mod $n; } }\nm!(a);\n",
    );
    write("a.rs", "fn  a() {}\n");
    let passed_by = passed_by(folder.path(), "src/main.rs");
    assert_eq!(passed_by.len(), 1, "{passed_by:?}");
}
