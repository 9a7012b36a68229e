//! Where things lie, asked for when a test runs. A checkout may be moved with
//! its target folder, and then what `env!` told the compiler is no longer true.

use std::env;
use std::path::PathBuf;

/// The folder of the package whose test runs.
///
/// # Panics
///
/// When it is not cargo that runs the test: cargo sets `CARGO_MANIFEST_DIR`.
#[must_use]
pub fn package_folder() -> PathBuf {
    let folder = env::var_os("CARGO_MANIFEST_DIR");
    folder.expect("cargo runs this and sets it").into()
}

/// A folder for what tests write: `tmp`, in cargo's target folder. It need not
/// exist.
///
/// # Panics
///
/// When the program that runs does not lie where cargo puts tests, in
/// `target/debug/deps`.
#[must_use]
pub fn scratch_folder() -> PathBuf {
    let program = env::current_exe().expect("this program has a path");
    let target = program.ancestors().nth(3);
    target.expect("it lies in cargo's folder").join("tmp")
}
