//! With `panic = "abort"`: a fiber cannot be unwound, so a deadlock ends the
//! process, and says which one it is first.
//!
//! How panics end is a property of a whole program, and that of a test is to
//! unwind. So this test builds a program of its own, in a package of its own.

// Where only this program is emulated, there is no compiler that it could run.
#![cfg(all(
    target_os = "linux",
    target_arch = "x86_64",
    not(any(fibers_asan, fibers_valgrind))
))]

use std::env;
use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Two small crates are compiled; on a busy machine that takes a while.
const PATIENCE: Duration = Duration::from_secs(300);

/// The end of a child, which is ended if it takes too long.
fn ended(command: &mut Command) -> io::Result<Output> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let end = Instant::now() + PATIENCE;
    while child.try_wait()?.is_none() {
        if Instant::now() > end {
            child.kill()?;
            panic!("still running after {PATIENCE:?}: {command:?}");
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output()
}

/// Writes a package with one program that depends on this crate.
fn write_package(folder: &Path) -> io::Result<()> {
    let here = testing::package_folder();
    fs::create_dir_all(folder)?;
    fs::write(
        folder.join("Cargo.toml"),
        format!(
            "[package]\nname = \"deadlock\"\nversion = \"0.0.0\"\n\
             edition = \"2024\"\n\n[workspace]\n\n\
             [[bin]]\nname = \"deadlock\"\npath = {:?}\n\n\
             [dependencies]\nch05-fibers = {{ path = {here:?} }}\n\n\
             [profile.dev]\npanic = \"abort\"\n",
            here.join("tests/programs/deadlock.rs"),
        ),
    )?;
    // The same versions as here: they have been downloaded already.
    let locks = here.ancestors().map(|folder| folder.join("Cargo.lock"));
    if let Some(lock) = { locks }.find(|lock| lock.exists()) {
        fs::copy(lock, folder.join("Cargo.lock"))?;
    }
    Ok(())
}

fn build(folder: &Path) -> io::Result<PathBuf> {
    write_package(folder)?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = folder.join("target");
    let built = ended(
        Command::new(cargo)
            .args(["build", "--offline", "--quiet", "--manifest-path"])
            .arg(folder.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            // What this test was built with is not for that program.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("CARGO_BUILD_TARGET")
            // Stronger than a manifest, and the environment may have set it.
            .env("CARGO_PROFILE_DEV_PANIC", "abort"),
    )?;
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "cargo build: {said}");
    Ok(target.join("debug/deadlock"))
}

#[test]
fn a_deadlock_says_what_it_is_before_the_process_ends() -> io::Result<()> {
    let folder = testing::scratch_folder().join("deadlock");
    let program = build(&folder)?;
    let output = ended(&mut Command::new(program))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "begun",
            "ch05-fibers cannot continue: all fibers wait for each other: fiber \
             'main' (1) waits for its scope, fiber 2 joins a fiber",
        ]
    );
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
    Ok(())
}
