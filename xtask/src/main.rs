//! The project's tool: it builds the book, tests everything that the book
//! says, and hands out chapters as starters.
//!
//! Nothing here knows this book's chapters. A project of the same shape (an
//! mdBook whose pages include the sources of a Cargo workspace) can use the
//! tool as it is.
//!
//! - `cli` is the command line; it calls one function a command.
//! - `project` is where things are; `page` and `block` are what the book says.
//! - `cross` knows other platforms, and finds what builds and runs for them.
//! - `stages` holds one file a stage of `cargo xtask test`.
//! - `features` holds one file a feature that the preprocessor adds to pages.

mod bench;
mod block;
mod book;
mod cache;
mod chromium;
mod cli;
mod cross;
mod disk;
mod excerpt;
mod exercise;
mod features;
mod figure;
mod page;
mod print_page;
mod process;
mod progress;
mod project;
mod provenance;
mod report;
mod repository;
mod rustc_shim;
mod search_index;
mod serve;
mod stages;
mod starter;
mod workbench;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Whoever reads the output may stop in the middle: `cargo xtask … | head`.
    // The tool then ends as other programs do.
    #[cfg(unix)]
    sigpipe::reset();
    // A program that the tool starts has the tool as its guard.
    if let Some(code) = process::family::guard_if_asked() {
        return code;
    }
    // The `programs` stage makes skeptic call this program as its compiler.
    if let Some(code) = rustc_shim::run_if_asked() {
        return code;
    }
    // cargo calls it as a linker for platforms whose own is not here.
    if let Some(code) = cross::no_link::run_if_asked() {
        return code;
    }
    cli::run()
}

/// Wrong use of the tool, as opposed to a failure: one line that names what
/// is allowed, and exit code 2.
#[derive(Debug)]
struct WrongUse(String);

impl std::fmt::Display for WrongUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}

/// The tool's own folder. Asked for when it runs, as `cargo run` and `cargo
/// test` tell: a checkout may be moved with its target folder.
fn own_folder() -> std::path::PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), Into::into)
}

/// Builds a [`WrongUse`] for an unknown name: it lists the known ones and
/// suggests the nearest. Of `folder/name` the name alone may have been meant.
fn unknown<'a>(
    what: &str,
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> anyhow::Error {
    let known: Vec<&str> = known.into_iter().collect();
    let nearest = known
        .iter()
        .flat_map(|name| [(*name, *name), (last_part(name), *name)])
        .map(|(like, name)| (strsim::jaro_winkler(given, like), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.7);
    let hint = match nearest {
        Some((_, name)) => format!("; did you mean {name}?"),
        None => String::new(),
    };
    let list = if known.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are: {}", known.join(", "))
    };
    WrongUse(format!("no {what} is called {given:?}{hint} ({list})")).into()
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, last)| last)
}
