//! Every Rust block of the book, as doc tests of one generated crate.
//!
//! rustdoc merges the doc tests of an edition-2024 crate into one program,
//! which is ten times faster than one program a block. The crate's
//! documentation is the expanded pages with everything but Rust blocked out:
//! rustdoc would take untagged and indented blocks for Rust. All lines stay
//! where they are, so rustdoc's line numbers are the page's.

use std::time::Duration;

use anyhow::Result;

use super::{Context, Elsewhere, Lane, Stage, libtest};
use crate::block::{Block, blocks};
use crate::page::Page;
use crate::process;
use crate::report::Report;
use crate::workbench::Workbench;

pub const STAGE: Stage = Stage {
    name: "snippets",
    about: "every Rust block compiles, and runs unless it says no_run",
    lane: Lane::Programs,
    elsewhere: Elsewhere::Not("it compiles for this machine"),
    run,
};

/// One line stands above each page: rustdoc drops leading empty lines and
/// would count wrongly.
const HEADER: &str = "<!-- the page -->\n";

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let bench = Workbench::new(cx.project, "snippets", "")?;
    let mut library = String::from("//! The book's snippets.\n");
    let mut texts = String::new();
    let mut pages = Vec::new();
    for page in cx.pages() {
        let blocks: Vec<Block> =
            blocks(page).into_iter().filter(Block::is_snippet).collect();
        if blocks.is_empty() {
            continue;
        }
        let name = format!("page_{}", pages.len());
        let text = only(page, &blocks);
        bench.file(&format!("src/{name}.md"), &text)?;
        texts += &text;
        library +=
            &format!("#[doc = include_str!(\"{name}.md\")]\nmod {name} {{}}\n");
        report.checked += blocks.len();
        pages.push(page);
    }
    bench.file("src/lib.rs", &library)?;
    if pages.is_empty() {
        return Ok(());
    }
    let name = format!("snippets {}", cx.only.join(" "));
    let mut key = cx.key();
    key.text(&cx.libraries()?).text(&texts);
    let key = key.file("book.toml")?.finish();
    if cx.cache.has_passed(&name, key) {
        report.unchanged = report.checked;
        return Ok(());
    }
    cx.progress.step("compiling and running the merged blocks");
    let mut command = bench.cargo();
    command.args(["test", "--doc", "--quiet"]);
    let done = process::run(&mut command, Duration::from_secs(600))?;
    let before = report.failures.len();
    for (name, message) in libtest::failures(&done.output) {
        let Some((page, line)) = locate(&name, &message, &pages) else {
            report.fail_at(name, message);
            continue;
        };
        report.fail(&page.place(line), message);
    }
    if !done.success() && report.failures.len() == before {
        report.fail_at(
            "snippets",
            format!("cargo test {}:\n{}", done.ending(), done.output),
        );
    }
    if report.failures.is_empty() {
        cx.cache.passed(&name, key);
    } else {
        cx.cache.failed(&name);
    }
    Ok(())
}

/// The page with nothing left but these blocks, line for line.
fn only(page: &Page, blocks: &[Block]) -> String {
    let mut lines = vec![String::new(); page.text.lines().count() + 1];
    for block in blocks {
        let mut at = block.line - 1;
        let words: Vec<&str> = block
            .words
            .iter()
            .map(String::as_str)
            .filter(|w| ["rust", "no_run"].contains(w))
            .collect();
        lines[at] = format!("```{}", words.join(","));
        for line in block.code.lines() {
            at += 1;
            lines[at] = line.to_owned();
        }
        lines[at + 1] = "```".to_owned();
    }
    format!("{HEADER}{}", lines.join("\n"))
}

/// The page and line of a failed doc test. Its name is
/// `src/page_3.md - page_3 (line 12)`; a compile error says its own line.
fn locate<'p>(
    name: &str,
    message: &str,
    pages: &[&'p Page],
) -> Option<(&'p Page, usize)> {
    let (file, rest) = name.split_once(" - ")?;
    let index = file.rsplit("page_").next()?.strip_suffix(".md")?;
    let page = pages.get(index.parse::<usize>().ok()?)?;
    let header = HEADER.lines().count();
    let exact = message
        .split_once(&format!("--> {file}:"))
        .and_then(|(_, rest)| rest.split(':').next()?.parse::<usize>().ok());
    let fence = rest
        .split_once("(line ")
        .and_then(|(_, rest)| rest.split(')').next()?.parse::<usize>().ok());
    Some((page, exact.or(fence)?.saturating_sub(header)))
}
