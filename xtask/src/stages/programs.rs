//! Every block that is a whole program, compiled and run alone by skeptic, as
//! a reader would who pastes it into a file.
//!
//! What skeptic does not do is done here: it gets expanded pages with only the
//! programs in them, each page under its own name; this tool stands in for
//! rustc to set the edition; a program that has passed and has not changed is
//! not run again.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::Message;

use super::{Context, Lane, Stage, libtest};
use crate::block::Block;
use crate::page::Page;
use crate::process;
use crate::report::Report;
use crate::rustc_shim;
use crate::workbench::{self, Workbench};

pub const STAGE: Stage = Stage {
    name: "programs",
    about: "each block with a main is compiled and run alone (skeptic)",
    lane: Lane::Programs,
    run,
};

const MANIFEST: &str = r#"
[build-dependencies]
skeptic = "0.14"

[dev-dependencies]
skeptic = "0.14"
"#;

const BUILD: &str = r#"//! Lets skeptic write a test for each program.
fn main() {
    println!("cargo::rerun-if-changed=pages");
    let mut pages = skeptic::markdown_files_of_directory("pages");
    pages.sort();
    skeptic::generate_doc_tests(&pages);
}
"#;

const TESTS: &str = r#"//! What skeptic wrote.
include!(concat!(env!("OUT_DIR"), "/skeptic-tests.rs"));
"#;

/// The line of a page file on which its program's fence stands.
const FENCE: usize = 1;

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let programs = cx.blocks(Block::is_program);
    report.checked = programs.len();
    if programs.is_empty() {
        return Ok(());
    }
    let bench = Workbench::new(cx.project, "programs", MANIFEST)?;
    // The tests know the folder in which they were built: in a checkout that
    // was moved they have to be built again.
    let here = format!("// {}\n{BUILD}", bench.folder.display());
    bench.file("build.rs", &here)?;
    bench.file("src/lib.rs", "//! Nothing: the tests are the crate.\n")?;
    bench.file("tests/programs.rs", TESTS)?;
    // A program depends on its text and on the libraries that it can use.
    let mut libraries = cx.key();
    for package in cx.project.packages() {
        libraries.package(package)?;
    }
    let libraries = libraries.finish();
    let mut files = HashMap::new();
    let mut wanted = Vec::new();
    for (page, block) in &programs {
        let code = block.source();
        let name = block.file_name(page);
        let text = format!("```rust,{}\n{code}```\n", skeptic_words(block));
        let mut key = cx.key();
        let key = key.text(&text).text(&libraries.to_string()).finish();
        let check = format!("program {name}");
        bench.file(&format!("pages/{name}.md"), &text)?;
        if cx.cache.has_passed(&check, key) {
            report.unchanged += 1;
        } else {
            wanted.push((format!("{name}_line_{FENCE}"), check, key));
        }
        files.insert(name, (*page, block));
    }
    remove_others(&bench, &files)?;
    if wanted.is_empty() {
        return Ok(());
    }
    cx.progress
        .step(format!("compiling and running {}", wanted.len()));
    // cargo builds the tests with the real compiler; only the running tests
    // get this program as theirs.
    let exe = std::env::current_exe()?;
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let mut command = process::command(test_program(&bench)?);
    command
        .arg("--exact")
        .args(wanted.iter().map(|(test, _, _)| test))
        .current_dir(&bench.folder)
        .env("RUSTC", exe)
        .env(rustc_shim::COMPILER, rustc)
        .env(rustc_shim::EDITION, workbench::edition(cx.project));
    let done = process::run(&mut command, Duration::from_secs(600))?;
    let failed: HashMap<String, String> =
        libtest::failures(&done.output).into_iter().collect();
    if !done.success() && failed.is_empty() {
        report.fail_at(
            "programs",
            format!("the tests {}:\n{}", done.ending(), done.output),
        );
        return Ok(());
    }
    let ran = ran(&done.output);
    ensure!(
        ran == wanted.len(),
        "skeptic ran {ran} of {} programs:\n{}",
        wanted.len(),
        done.output
    );
    for (test, check, key) in &wanted {
        let Some(message) = failed.get(test) else {
            cx.cache.passed(check, *key);
            continue;
        };
        cx.cache.failed(check);
        let name = test.trim_end_matches(&format!("_line_{FENCE}"));
        if let Some((page, block)) = files.get(name) {
            let place = match line_in(message) {
                Some(line) => block.place_of(page, line),
                None => block.place(page),
            };
            report.fail(&place, message.as_str());
        }
    }
    Ok(())
}

/// Builds skeptic's tests; gives the test program.
fn test_program(bench: &Workbench) -> Result<PathBuf> {
    let mut build = bench.cargo();
    build.args(["test", "--quiet", "--no-run", "--test", "programs"]);
    build.arg("--message-format=json");
    let built = process::run(&mut build, workbench::BUILD_LIMIT)?;
    ensure!(built.success(), "skeptic's tests:\n{}", built.output);
    Message::parse_stream(built.output.as_bytes())
        .filter_map(Result::ok)
        .find_map(|message| match message {
            Message::CompilerArtifact(artifact)
                if artifact.target.name == "programs" =>
            {
                artifact.executable.map(|path| path.into_std_path_buf())
            }
            _ => None,
        })
        .context("cargo did not say where skeptic's tests are")
}

fn skeptic_words(block: &Block) -> String {
    let word = if block.has("no_run") { "no_run" } else { "" };
    word.to_owned()
}

/// Removes the page files of programs that are no more.
fn remove_others(
    bench: &Workbench,
    files: &HashMap<String, (&Page, &Block)>,
) -> Result<()> {
    for entry in std::fs::read_dir(bench.folder.join("pages"))? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if !stem.is_some_and(|stem| files.contains_key(stem)) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// How many tests libtest ran.
fn ran(output: &str) -> usize {
    libtest::results(output)
        .map(|result| result.passed + result.failed)
        .sum()
}

/// The line of the block that a message from `test.rs` names. skeptic puts one
/// empty line above the program.
fn line_in(message: &str) -> Option<usize> {
    let (_, rest) = message.split_once("test.rs:")?;
    let line: usize = rest.split(':').next()?.parse().ok()?;
    line.checked_sub(1)
}
