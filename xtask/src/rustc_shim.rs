//! This program in the part of rustc.
//!
//! skeptic knows the editions up to 2021 and calls whatever `RUSTC` names. The
//! `programs` stage names this program, which passes everything on to the real
//! compiler with the book's edition in place of skeptic's.

use std::process::{Command, ExitCode};

/// Set to the edition while skeptic runs.
pub const EDITION: &str = "XTASK_RUSTC_EDITION";
/// The compiler to pass the arguments to.
pub const COMPILER: &str = "XTASK_RUSTC";

/// Plays rustc if the environment asks for it.
pub fn run_if_asked() -> Option<ExitCode> {
    let edition = std::env::var(EDITION).ok()?;
    let compiler = std::env::var_os(COMPILER)?;
    let status = Command::new(compiler)
        .args(std::env::args_os().skip(1).filter(|argument| {
            !argument.to_string_lossy().starts_with("--edition")
        }))
        .arg(format!("--edition={edition}"))
        .status();
    Some(match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the compiler does not start: {error}");
            ExitCode::FAILURE
        }
    })
}
