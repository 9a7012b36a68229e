//! What links programs for macOS without a Mac: the linker that comes with
//! Rust, and the list of all that macOS's own library offers.
//!
//! Such programs run only there. But a function that macOS does not have is
//! found here, and so is one that is declared under a wrong name.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use zip::ZipArchive;

use crate::process;
use crate::workbench::write_if_changed;

/// To fetch a hundred megabytes takes minutes.
const LIMIT: Duration = Duration::from_secs(1200);

/// What has the list, for pip: the package, its version, and its digest.
const PACKAGE: &str = include_str!("apple-symbols.txt");

/// The machine for which pip fetches it. The list is the same in all.
const MACHINE: &str = "manylinux_2_12_x86_64";

/// Where the list is in that package.
const LIST: &str = "ziglang/lib/libc/darwin/libSystem.tbd";

/// The names under which Rust asks for that library.
const LIBRARIES: &[&str] = &["libSystem", "libc", "libm", "libiconv"];

/// A linker for macOS, and what it links with.
#[derive(Clone, Debug)]
pub struct Apple {
    linker: PathBuf,
    kit: PathBuf,
}

impl Apple {
    /// The linker of `compiler` with the list below `folder`, if both are
    /// there.
    pub fn find(folder: &Path, compiler: &OsStr) -> Option<Apple> {
        let kit = kit(folder);
        let whole = LIBRARIES.iter().all(|name| place(&kit, name).is_file());
        let linker = linker(compiler)?;
        whole.then_some(Apple { linker, kit })
    }

    /// Fetches the list.
    ///
    /// # Errors
    /// When there is no linker for it, no pip, or no network.
    pub fn fetch(folder: &Path, compiler: &OsStr) -> Result<()> {
        linker(compiler).context("the compiler has no rust-lld")?;
        let bench = TempDir::with_prefix_in("apple-", folder)?;
        let wanted = bench.path().join("wanted.txt");
        std::fs::write(&wanted, PACKAGE)?;
        let mut command = process::command("python3");
        command
            .current_dir(bench.path())
            .args(["-m", "pip", "download", "--quiet", "--no-deps"])
            .args(["--only-binary=:all:", "--platform", MACHINE])
            .args(["--require-hashes", "--requirement"])
            .arg(&wanted);
        let done = process::run(&mut command, LIMIT)?;
        let (ending, output) = (done.ending(), &done.output);
        ensure!(done.success(), "pip {ending}: {}", output.trim());
        let list = for_linkers(&list(bench.path())?);
        for name in LIBRARIES {
            let place = place(&kit(folder), name);
            write_if_changed(&place, list.as_bytes())?;
        }
        Ok(())
    }

    /// What links. rustc knows by its name how to speak to it.
    pub fn linker(&self) -> &OsStr {
        self.linker.as_os_str()
    }

    /// Where the compiler has to look for macOS's libraries.
    pub fn kit(&self) -> &OsStr {
        self.kit.as_os_str()
    }
}

/// The linker that comes with a compiler from rustup.
fn linker(compiler: &OsStr) -> Option<PathBuf> {
    let folder = super::asked(compiler, &["--print", "target-libdir"]).ok()?;
    let mut linker = Path::new(&folder).parent()?.join("bin/rust-lld");
    linker.set_extension(std::env::consts::EXE_EXTENSION);
    linker.is_file().then_some(linker)
}

fn kit(folder: &Path) -> PathBuf {
    folder.join("apple")
}

fn place(kit: &Path, library: &str) -> PathBuf {
    kit.join(format!("usr/lib/{library}.tbd"))
}

/// The list, from the package that was fetched.
fn list(folder: &Path) -> Result<String> {
    let name = super::first_file(folder, ".whl")?;
    let mut package = ZipArchive::new(File::open(folder.join(name))?)?;
    let mut text = String::new();
    package.by_name(LIST)?.read_to_string(&mut text)?;
    Ok(text)
}

/// The list as every linker can read it. Apple's own programs are for arm64
/// with signed pointers, whose newest form is unknown to most of them; what
/// the library offers is the same.
fn for_linkers(list: &str) -> String {
    let list = list.replace("arm64e.x1-", "arm64-");
    list.replace("arm64e-", "arm64-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_for_ordinary_programs() {
        let list = "targets: [ x86_64-macos, arm64e-macos,\n arm64e.x1-macos ]";
        let expected = "targets: [ x86_64-macos, arm64-macos,\n arm64-macos ]";
        assert_eq!(for_linkers(list), expected);
    }

    #[test]
    fn what_is_fetched_has_a_digest() {
        assert_eq!(PACKAGE.lines().count(), 1);
        assert!(PACKAGE.contains("==") && PACKAGE.contains(" --hash=sha256:"));
    }

    #[test]
    fn without_the_list_nothing_is_linked() {
        let empty = TempDir::new().unwrap();
        assert!(Apple::find(empty.path(), "rustc".as_ref()).is_none());
    }
}
