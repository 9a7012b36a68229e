//! kqueue on Linux, by libkqueue: what is written for the event queue of macOS
//! and the BSDs runs here, as far as that library goes.
//!
//! To cargo it is no platform but a setting, `--cfg NAME`. A package that has
//! something to run there says by which name:
//! `kqueue = "NAME"` in its `[package.metadata.book]`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::Package;
use tempfile::TempDir;

use crate::process;

/// To fetch packages takes minutes.
const LIMIT: Duration = Duration::from_secs(600);

/// What holds the library.
const PACKAGE: &str = "libkqueue-dev";

/// Where it is: no release of Debian has it.
const SOURCE: &str = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \
                      http://deb.debian.org/debian experimental main\n";

/// What is needed to get it.
pub const PACKAGES: &[&str] = &["debian-archive-keyring"];

/// The library, and the file beside it with its version.
const LIBRARY: &str = "libkqueue.a";
const VERSION: &str = "version";

/// The library.
#[derive(Clone, Debug)]
pub struct Kqueue {
    folder: PathBuf,
    /// Its version.
    pub version: String,
}

impl Kqueue {
    /// The library below `folder`, if it was fetched.
    pub fn find(folder: &Path) -> Option<Kqueue> {
        let folder = place(folder);
        let version = std::fs::read_to_string(folder.join(VERSION)).ok()?;
        let found = folder.join(LIBRARY).is_file();
        found.then_some(Kqueue { folder, version })
    }

    /// Fetches it, without a change to the system's packages and sources.
    ///
    /// # Errors
    /// When there is no apt-get, no network, or no such package any more.
    pub fn fetch(folder: &Path) -> Result<()> {
        let bench = TempDir::with_prefix_in("kqueue-", folder)?;
        let root = bench.path();
        for name in ["lists/partial", "cache/archives/partial"] {
            std::fs::create_dir_all(root.join(name))?;
        }
        std::fs::write(root.join("sources.list"), SOURCE)?;
        std::fs::write(root.join("status"), "")?;
        apt(root, &["update"])?;
        apt(root, &["download", PACKAGE])?;
        let name = super::first_file(root, ".deb")?;
        let version = version(&name).context("the package has no version")?;
        let unpacked = root.join("unpacked");
        let mut command = process::command("dpkg-deb");
        command
            .arg("--extract")
            .arg(root.join(&name))
            .arg(&unpacked);
        finish("dpkg-deb", &mut command)?;
        let files = crate::repository::every_file(&unpacked)?;
        let library = files.iter().find(|file| file.ends_with(LIBRARY));
        let library =
            library.with_context(|| format!("{name} has no {LIBRARY}"))?;
        let place = place(folder);
        std::fs::create_dir_all(&place)?;
        std::fs::copy(library, place.join(LIBRARY))?;
        std::fs::write(place.join(VERSION), version)?;
        Ok(())
    }

    /// What the compiler is told: where the library is, and that the packages
    /// are to use it.
    pub fn flags(&self, packages: &[&Package]) -> OsString {
        let mut flags = OsString::from("-L native=");
        flags.push(&self.folder);
        for name in packages.iter().filter_map(|package| setting(package)) {
            flags.push(format!(" --cfg {name}"));
        }
        flags
    }
}

/// The setting by which a package uses kqueue on Linux, if it can.
pub fn setting(package: &Package) -> Option<&str> {
    package.metadata["book"]["kqueue"].as_str()
}

fn place(folder: &Path) -> PathBuf {
    folder.join("kqueue")
}

/// The version of the program in the name of a package's file:
/// `NAME_VERSION-REVISION_MACHINE.deb`.
fn version(name: &str) -> Option<&str> {
    let version = name.split('_').nth(1)?;
    version.split('-').next()
}

/// Runs apt-get with everything that it keeps in `root`.
fn apt(root: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = process::command("apt-get");
    command
        .current_dir(root)
        .args(["-qq", "-o", "APT::Sandbox::User="]);
    for (name, file) in [
        ("Dir::Etc::SourceList", "sources.list"),
        ("Dir::Etc::SourceParts", "no-parts"),
        ("Dir::State::Lists", "lists"),
        ("Dir::State::status", "status"),
        ("Dir::Cache", "cache"),
    ] {
        let value = root.join(file);
        command.arg("-o").arg(format!("{name}={}", value.display()));
    }
    command.args(arguments);
    finish("apt-get", &mut command)
}

fn finish(name: &str, command: &mut Command) -> Result<()> {
    let done = process::run(command, LIMIT)?;
    let (ending, output) = (done.ending(), &done.output);
    ensure!(done.success(), "{name} {ending}: {}", output.trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_file_names_its_version() {
        let name = "libkqueue-dev_2.3.1-1.1~exp1_amd64.deb";
        assert_eq!(version(name), Some("2.3.1"));
        assert_eq!(version("libkqueue"), None);
    }

    #[test]
    fn without_the_library_there_is_no_kqueue() {
        let empty = TempDir::new().unwrap();
        assert!(Kqueue::find(empty.path()).is_none());
    }
}
