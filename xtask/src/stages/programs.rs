//! Every block that is a whole program, compiled and run alone by skeptic, as
//! a reader would who pastes it into a file.
//!
//! What skeptic does not do is done here: it gets expanded pages with only the
//! programs in them, each page under its own name; this tool stands in for
//! rustc to set the edition; a program that has passed and has not changed is
//! not run again.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::Message;

use super::{Context, Elsewhere, Lane, Stage, libtest};
use crate::block::Block;
use crate::page::{Page, Place};
use crate::process::{self, Finished};
use crate::report::Report;
use crate::rustc_shim;
use crate::workbench::{self, Workbench};

pub const STAGE: Stage = Stage {
    name: "programs",
    about: "each block with a main is compiled and run alone (skeptic)",
    lane: Lane::Programs,
    elsewhere: Elsewhere::Not("skeptic compiles for this machine"),
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
    let programs = lay_out(cx, &bench, &programs)?;
    let wanted: Vec<&Program<'_>> = programs
        .iter()
        .filter(|p| !cx.cache.has_passed(&p.check(), p.key))
        .collect();
    report.unchanged = programs.len() - wanted.len();
    if wanted.is_empty() {
        return Ok(());
    }
    cx.progress
        .step(format!("compiling and running {}", wanted.len()));
    let done = run_tests(cx, &bench, &wanted)?;
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
    for program in wanted {
        match failed.get(&program.test()) {
            None => cx.cache.passed(&program.check(), program.key),
            Some(message) => {
                cx.cache.failed(&program.check());
                report.fail(&program.place(message), message.as_str());
            }
        }
    }
    Ok(())
}

/// A program, in a file of its own.
struct Program<'a> {
    page: &'a Page,
    block: &'a Block,
    name: String,
    key: u64,
}

impl Program<'_> {
    /// The name under which it has passed.
    fn check(&self) -> String {
        format!("program {}", self.name)
    }

    /// The name that skeptic gives its test.
    fn test(&self) -> String {
        format!("{}_line_{FENCE}", self.name)
    }

    /// Where a message of the test is about, as far as it says.
    fn place(&self, message: &str) -> Place {
        match line_in(message) {
            Some(line) => self.block.place_of(self.page, line),
            None => self.block.place(self.page),
        }
    }
}

/// Writes a page for each program, and removes those of programs that are no
/// more.
fn lay_out<'a>(
    cx: &Context<'_>,
    bench: &Workbench,
    programs: &'a [(&'a Page, Block)],
) -> Result<Vec<Program<'a>>> {
    // A program depends on its text and on the libraries that it can use.
    let libraries = cx.libraries()?;
    let mut laid_out = Vec::new();
    for (page, block) in programs {
        let name = block.file_name(page);
        let words = skeptic_words(block);
        let text = format!("```rust,{words}\n{}```\n", block.source());
        bench.file(&format!("pages/{name}.md"), &text)?;
        laid_out.push(Program {
            page,
            block,
            name,
            key: cx.key().text(&text).text(&libraries).finish(),
        });
    }
    for entry in std::fs::read_dir(bench.folder.join("pages"))? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let known = |stem| laid_out.iter().any(|p| p.name == stem);
        if !stem.is_some_and(known) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(laid_out)
}

/// cargo builds the tests with the real compiler; only the running tests get
/// this program as theirs.
fn run_tests(
    cx: &Context<'_>,
    bench: &Workbench,
    wanted: &[&Program<'_>],
) -> Result<Finished> {
    let exe = std::env::current_exe()?;
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let mut command = process::command(test_program(bench)?);
    command
        .arg("--exact")
        .args(wanted.iter().map(|program| program.test()))
        .current_dir(&bench.folder)
        .env("RUSTC", exe)
        .env(rustc_shim::COMPILER, rustc)
        .env(rustc_shim::EDITION, workbench::edition(cx.project));
    process::run(&mut command, workbench::BUILD_LIMIT)
}

/// Builds skeptic's tests; gives the test program.
fn test_program(bench: &Workbench) -> Result<PathBuf> {
    let mut build = bench.cargo();
    build.args(["test", "--quiet", "--no-run", "--test", "programs"]);
    build.arg("--message-format=json");
    let built = process::run(&mut build, workbench::BUILD_LIMIT)?;
    ensure!(
        built.success(),
        "skeptic's tests: cargo {}:\n{}",
        built.ending(),
        built.output
    );
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
