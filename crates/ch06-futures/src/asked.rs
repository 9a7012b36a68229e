//! Asks the compiler about a piece of source, for two examples of chapter 6.

pub mod errand;
#[allow(
    unused_must_use,
    clippy::let_underscore_future,
    reason = "what the compiler says of these is what it is asked"
)]
pub mod unawaited;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::{Command, Output, Stdio};

/// Where the compiler's result goes: nowhere.
const NOWHERE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// Compiles `source` as a library, and gives what the compiler says.
///
/// `RUSTC_BOOTSTRAP=1` lets a stable compiler take options of the nightly one.
/// Use that for a look, and never in a build.
///
/// # Errors
///
/// If there is no `rustc`, or it does not take the source.
pub fn rustc(source: &str, options: &[&str]) -> io::Result<Output> {
    let rustc = std::env::var_os("RUSTC").unwrap_or(OsString::from("rustc"));
    let mut compiler = Command::new(rustc)
        .args(["--edition=2024", "--crate-type=lib", "--crate-name=asked"])
        .args(options)
        .args(["--emit=mir", "-o", NOWHERE, "-"])
        .env("RUSTC_BOOTSTRAP", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = compiler.stdin.take() {
        stdin.write_all(source.as_bytes())?;
    }
    compiler.wait_with_output()
}
