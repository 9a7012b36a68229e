//! The browser that looks at the book and prints it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::process;
use crate::serve::Server;

/// Where a distribution puts it, in the order in which it is looked for.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// What is said where there is none.
pub const MISSING: &str = "chromium (Debian: apt-get install chromium)";

/// A book of a thousand sheets takes half a minute on a quiet machine.
const LIMIT: Duration = Duration::from_secs(600);

/// The program: `CHROMIUM` in the environment, or the first in `PATH`.
pub fn find() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

/// Prints the built book in `folder`, all pages of it, to the PDF `name`
/// beside them.
///
/// # Errors
/// When Chromium fails, or writes nothing.
pub fn print(chromium: &Path, folder: &Path, name: &str) -> Result<()> {
    let file = folder.join(name);
    let server = Server::start(folder)?;
    let own = tempfile::tempdir()?;
    let flag = |name: &str, path: &Path| {
        let mut flag = std::ffi::OsString::from(name);
        flag.push(path);
        flag
    };
    let mut command = process::command(chromium);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu"])
        .args(["--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking"])
        .args(["--disable-component-update", "--no-pdf-header-footer"])
        .arg("--generate-pdf-document-outline")
        .arg(flag("--user-data-dir=", own.path()))
        .arg(flag("--print-to-pdf=", &file))
        .arg(format!("{}print.html", server.url()));
    let done = process::run(&mut command, LIMIT)?;
    let begins = std::fs::read(&file).unwrap_or_default();
    if !done.success() || !begins.starts_with(b"%PDF-") {
        bail!(
            "Chromium printed nothing: it {}:\n{}",
            done.ending(),
            done.output
        );
    }
    Ok(())
}
