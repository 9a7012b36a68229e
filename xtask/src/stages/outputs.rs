//! What a page says that a program on it prints: an `output` block follows the
//! program, in the answer to the question, and is compared with a run. A page
//! that asks what a program prints, and never says it in such a block, fails.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use similar::TextDiff;

use super::{Context, Elsewhere, Lane, Stage};
use crate::block::{Block, Kind};
use crate::page::Page;
use crate::process;
use crate::report::Report;
use crate::workbench::{self, Workbench, in_parallel};

pub const STAGE: Stage = Stage {
    name: "outputs",
    about: "a program of a page prints what the answer to its question says",
    lane: Lane::Programs,
    elsewhere: Elsewhere::Not("it compiles for this machine"),
    run,
};

/// A program of a page takes a moment; more means that it hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// An output, and the program that prints it.
type Pair<'a> = (&'a Page, Block, Block);

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let pairs = pairs(cx, report);
    report.checked += pairs.len();
    let libraries = cx.libraries()?;
    let mut changed = Vec::new();
    for pair in pairs {
        let (page, program, output) = &pair;
        let name = format!("output {}", output.place(page));
        let mut key = cx.key();
        key.text(&libraries).text(&program.code).text(&output.code);
        let key = key.finish();
        if cx.cache.has_passed(&name, key) {
            report.unchanged += 1;
        } else {
            changed.push((pair, name, key));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let bench = Workbench::new(cx.project, "outputs", "")?;
    bench.file("src/lib.rs", "//! Sees the book's libraries.\n")?;
    cx.progress.step("building the libraries");
    let mut arguments = bench.rustc_arguments()?;
    arguments.push(format!("--edition={}", workbench::edition(cx.project)));
    cx.progress.step("compiling and running the programs");
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let results = in_parallel(&changed, |((page, program, output), _, _)| {
        check(page, program, output, &arguments, folder.path())
    });
    for (result, ((page, _, output), name, key)) in
        results.into_iter().zip(&changed)
    {
        match result? {
            None => cx.cache.passed(name, *key),
            Some(wrong) => {
                cx.cache.failed(name);
                report.fail(&output.place(page), wrong);
            }
        }
    }
    Ok(())
}

/// Each `output` block with the nearest program above it.
fn pairs<'a>(cx: &'a Context<'_>, report: &mut Report) -> Vec<Pair<'a>> {
    let mut found: Vec<Pair<'a>> = Vec::new();
    let mut program: Option<(PathBuf, Block)> = None;
    let mut asked: Option<(&Page, Block)> = None;
    let mut unanswered = Vec::new();
    for (page, block) in cx.blocks(|_| true) {
        if program.as_ref().is_some_and(|(path, _)| *path != page.path) {
            program = None;
            unanswered.extend(asked.take());
        }
        if block.is_program() {
            unanswered.extend(asked.take());
            if asks(page, &block) && !block.has("no_run") {
                asked = Some((page, block.clone()));
            }
            program = Some((page.path.clone(), block));
        } else if block.kind() == Kind::Output {
            asked = None;
            match &program {
                Some((_, program)) => {
                    found.push((page, program.clone(), block));
                }
                None => report.fail(
                    &block.place(page),
                    "an `output` block follows the program that prints it: a \
                     rust block with a `fn main`",
                ),
            }
        }
    }
    unanswered.extend(asked);
    for (page, block) in unanswered {
        report.fail(
            &block.place(page),
            "the page asks what this prints: say it in an `output` block \
             below, which is compared with a run",
        );
    }
    found
}

/// Does the paragraph above a program ask what it prints?
fn asks(page: &Page, program: &Block) -> bool {
    let above = page.text[..program.range.start].trim_end();
    let paragraph = above.rsplit("\n\n").next().unwrap_or_default();
    let words = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    words.to_lowercase().split(['.', ':', '?']).any(|sentence| {
        sentence.contains("what do") && sentence.contains("print")
            || sentence.contains("what will") && sentence.contains("print")
    })
}

/// Compiles and runs a program; says what is wrong with the page's output.
fn check(
    page: &Page,
    program: &Block,
    output: &Block,
    arguments: &[String],
    folder: &Path,
) -> Result<Option<String>> {
    let name = program.file_name(page);
    let source = folder.join(format!("{name}.rs"));
    let binary = folder
        .join(&name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    std::fs::write(&source, program.source())?;
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut compile = process::command(rustc);
    compile
        .args(arguments)
        .args(["--crate-type=bin", "--crate-name=program", "-o"])
        .args([&binary, &source]);
    let compiled = process::run(&mut compile, LIMIT)?;
    if !compiled.success() {
        return Ok(Some(format!(
            "its program does not compile: rustc {}:\n{}",
            compiled.ending(),
            compiled.output
        )));
    }
    let done = process::run(&mut process::command(&binary), LIMIT)?;
    if !done.success() {
        let ending = done.ending();
        return Ok(Some(format!("its program {ending}:\n{}", done.output)));
    }
    let (said, printed) = (output.code.trim_end(), done.output.trim_end());
    if said == printed {
        return Ok(None);
    }
    let difference = TextDiff::from_lines(said, printed);
    Ok(Some(format!(
        "the program prints something else (-: the page, +: the run):\n{}",
        difference.unified_diff()
    )))
}
