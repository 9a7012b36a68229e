//! Debian's own compiler, and standard libraries that are built by it.
//!
//! `rustc-web`, `cargo-web` and `rust-web-src` are of one version, so that the
//! one can build the other for any platform, once; cargo then works as always.
//! This is for targets that rustup does not have here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use super::Platform;
use crate::process;

/// The packages, and what linking a build script needs.
pub const PACKAGES: &[&str] =
    &["rustc-web", "cargo-web", "rust-web-src", "gcc", "libc6-dev"];

/// The compiler.
const RUSTC: &str = "/usr/bin/rustc";
/// Its tool for documentation.
const RUSTDOC: &str = "/usr/bin/rustdoc";
/// Its cargo.
const CARGO: &str = "/usr/bin/cargo";
/// The sources of the standard library.
const SOURCES: &str = "/usr/lib/rustlib/src/rust/library";

/// To build a standard library takes minutes.
const LIMIT: Duration = Duration::from_secs(1200);

/// In this file of a folder of libraries it says that all of them are there.
const DONE: &str = "done";

/// The compiler with a standard library.
#[derive(Clone, Debug)]
pub struct Distribution {
    library: PathBuf,
}

impl Distribution {
    /// The compiler with the standard library of `triple`, if that was built.
    pub fn find(folder: &Path, triple: &str) -> Option<Distribution> {
        let library = place(folder, triple).ok()?;
        let found = library.join(DONE).is_file();
        found.then_some(Distribution { library })
    }

    /// Builds the standard library of `triple` below `folder`.
    ///
    /// # Errors
    /// When it does not build.
    pub fn build(folder: &Path, triple: &str) -> Result<()> {
        let library = place(folder, triple)?;
        let bench = TempDir::with_prefix_in("std-", folder)?;
        let root = bench.path();
        let sources = root.join("library");
        // A copy: cargo may write a lock file beside it.
        copy(Path::new(SOURCES), &sources).context(SOURCES)?;
        std::fs::create_dir(root.join("src"))?;
        std::fs::write(root.join("src/lib.rs"), "")?;
        std::fs::write(root.join("Cargo.toml"), MANIFEST)?;
        let target = root.join("target");
        let mut command = process::command(CARGO);
        command
            .current_dir(root)
            .args(["build", "--quiet", "--release", "--target", triple])
            .arg(PARTS)
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTC", RUSTC)
            // The part of cargo that builds std is not stable.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("__CARGO_TESTS_ONLY_SRC_ROOT", &sources);
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER"] {
            command.env_remove(name);
        }
        let done = process::run(&mut command, LIMIT)?;
        ensure!(done.success(), "std {}:\n{}", done.ending(), done.output);
        if library.exists() {
            std::fs::remove_dir_all(&library)?;
        }
        std::fs::create_dir_all(&library)?;
        let built = target.join(triple).join("release/deps");
        for entry in std::fs::read_dir(built)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_owned();
            let text = name.to_string_lossy();
            if text.ends_with(".rlib") && !text.starts_with("libempty-") {
                std::fs::copy(&path, library.join(name))?;
            }
        }
        std::fs::write(library.join(DONE), "")?;
        Ok(())
    }

    /// The cargo that belongs to the compiler.
    pub fn cargo(&self) -> &'static str {
        CARGO
    }

    /// The compiler.
    pub fn rustc(&self) -> OsString {
        RUSTC.into()
    }

    /// How cargo finds the compiler and the library.
    pub fn environment(&self, platform: &Platform) -> Vec<(String, OsString)> {
        let mut found = vec![
            ("RUSTC".to_owned(), RUSTC.into()),
            ("RUSTDOC".to_owned(), RUSTDOC.into()),
        ];
        // The second is for the tests of documentation.
        for what in ["RUSTFLAGS", "RUSTDOCFLAGS"] {
            let name = platform.variable(what);
            let mut flags = std::env::var_os(&name).unwrap_or_default();
            flags.push(" -L ");
            flags.push(&self.library);
            found.push((name, flags));
        }
        found
    }
}

/// The package for which std is built.
const MANIFEST: &str = r#"[package]
name = "empty"
version = "0.0.0"
edition = "2024"

[workspace]

[profile.release]
debug = "line-tables-only"
"#;

/// What of std is built: all that a test program may need.
const PARTS: &str = "-Zbuild-std=std,panic_unwind,panic_abort,test,proc_macro";

/// Where the standard library of `triple` is kept: it is of no use to another
/// version of the compiler.
fn place(folder: &Path, triple: &str) -> Result<PathBuf> {
    let text = super::asked(RUSTC.as_ref(), &["--version"])?;
    let version = super::first_number(&text).context("rustc --version")?;
    Ok(folder.join("std").join(version).join(triple))
}

/// Copies a folder with all that is below it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in crate::repository::every_file(from)? {
        let path = to.join(file.strip_prefix(from)?);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::copy(&file, &path)?;
    }
    Ok(())
}
