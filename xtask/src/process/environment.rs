//! The environment of the programs that the tool starts. What they print and
//! how they end is compared, so it may not depend on how somebody has set up
//! their terminal, their language or their cargo.
//!
//! Kept is what chooses the compiler and reaches the registry, and what
//! somebody has to set on purpose for one run: `RUSTUP_TOOLCHAIN`, `RUSTFLAGS`,
//! a target with its linker and runner, profiles. Those are part of every key
//! of the cache: see [`settings`].

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Variables that are taken away, by the beginnings of their names.
const TAKEN: &[&str] = &[
    // `cargo xtask` is itself run by cargo, which describes the tool to it.
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_",
    "CARGO_CRATE_",
    "CARGO_PRIMARY_PACKAGE",
    // How the user likes cargo to speak.
    "CARGO_TERM_",
    "CARGO_LOG",
    "CARGO_BUILD_WARNINGS",
    // How the user likes tests to run, and programs to speak of errors.
    "RUST_",
    "NEXTEST",
    "CARGO_UNSTABLE_",
    // What a program may read to choose colours, widths and words.
    "NO_COLOR",
    "CLICOLOR",
    "FORCE_COLOR",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "LANG",
    "LC_",
    "LS_COLORS",
    "POSIXLY_CORRECT",
    // A hook's variables point at the repository that it runs for.
    "GIT_",
];

/// Variables that are set, whatever a configuration file of cargo's says.
const SET: &[(&str, &str)] = &[
    ("CARGO_TERM_COLOR", "never"),
    ("CARGO_TERM_PROGRESS_WHEN", "never"),
    ("CARGO_TERM_QUIET", "false"),
    ("CARGO_TERM_VERBOSE", "false"),
    ("CARGO_TERM_HYPERLINKS", "false"),
    ("CARGO_TERM_UNICODE", "true"),
    ("LC_ALL", "C.UTF-8"),
    ("RUST_BACKTRACE", "0"),
    ("TERM", "dumb"),
];

/// Values of cargo's own profiles, for those that nobody has set for this run:
/// the book says "debug" and "release" and means these. A configuration file
/// of the user's could say something else.
const PROFILES: &[(&str, &str)] = &[
    ("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "true"),
    ("CARGO_PROFILE_DEV_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_DEV_OVERFLOW_CHECKS", "true"),
    ("CARGO_PROFILE_DEV_PANIC", "unwind"),
    ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "false"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "false"),
    ("CARGO_PROFILE_RELEASE_PANIC", "unwind"),
];

/// Variables that change what is built, and are kept.
const SETTINGS: &[&str] = &[
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTDOCFLAGS",
    "CARGO_ENCODED_RUSTDOCFLAGS",
    "RUSTC",
    "RUSTC_BOOTSTRAP",
    "CARGO_BUILD_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
];

/// Gives `command` the environment that every program of the book gets.
pub fn prepare(command: &mut Command) {
    for (name, value) in changes() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

/// How that environment differs from the tool's: a variable is set, or taken
/// away.
pub fn changes() -> Vec<(OsString, Option<OsString>)> {
    let taken = std::env::vars_os()
        .filter(|(name, _)| begins_with_one_of(name, TAKEN))
        .map(|(name, _)| (name, None));
    let profiles = PROFILES
        .iter()
        .filter(|(name, _)| std::env::var_os(name).is_none());
    let set = SET
        .iter()
        .chain(profiles)
        .map(|(name, value)| (name.into(), Some(value.into())));
    taken.chain(set).collect()
}

/// What this run's environment says of how things are built, in a fixed order:
/// a check that has passed with other settings has to run again.
pub fn settings() -> Vec<(OsString, OsString)> {
    let mut found: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| begins_with_one_of(name, SETTINGS))
        // Where the results lie does not change them.
        .filter(|(name, _)| name != "CARGO_TARGET_DIR")
        .collect();
    found.sort();
    found
}

/// Where cargo finds settings for a project in `root`, besides its own: in the
/// folders above it, and in cargo's home. Not all of them are there.
pub fn configurations(root: &Path) -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|folder| folder.join(".cargo")));
    let above = root.ancestors().skip(1).map(|f| f.join(".cargo"));
    above
        .chain(home)
        .flat_map(|folder| ["config.toml", "config"].map(|n| folder.join(n)))
        .collect()
}

fn begins_with_one_of(name: &OsStr, beginnings: &[&str]) -> bool {
    let name = name.to_string_lossy();
    beginnings
        .iter()
        .any(|beginning| name.starts_with(beginning))
}
