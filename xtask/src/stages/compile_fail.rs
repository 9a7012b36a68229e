//! Blocks that must not compile, and the exact set of error codes with which
//! they must not.
//!
//! On stable, rustdoc does not look at the codes. rustc tells them as JSON.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{Context, Elsewhere, Lane, Stage};
use crate::block::Block;
use crate::page::Page;
use crate::process;
use crate::report::Report;
use crate::workbench::{self, Workbench, in_parallel};

pub const STAGE: Stage = Stage {
    name: "compile-fail",
    about: "each compile_fail block fails with exactly its error codes",
    lane: Lane::Programs,
    elsewhere: Elsewhere::Not("the error codes are the same"),
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let blocks = cx.blocks(Block::is_compile_fail);
    report.checked = blocks.len();
    let libraries = cx.libraries()?;
    let mut changed = Vec::new();
    for (page, block) in &blocks {
        let name = format!("compile-fail {}", block.file_name(page));
        let mut key = cx.key();
        key.text(&libraries).text(&block.code);
        key.text(&format!("{:?} {:?}", block.words, block.notes));
        let key = key.file("book.toml")?.finish();
        if cx.cache.has_passed(&name, key) {
            report.unchanged += 1;
        } else {
            changed.push((*page, block, name, key));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let bench = Workbench::new(cx.project, "compile-fail", "")?;
    bench.file("src/lib.rs", "//! Sees the book's libraries.\n")?;
    cx.progress.step("building the libraries");
    let mut arguments = bench.rustc_arguments()?;
    arguments.push(format!("--edition={}", workbench::edition(cx.project)));
    cx.progress.step("compiling the blocks");
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let results = in_parallel(&changed, |(page, block, _, _)| {
        check(page, block, &arguments, folder.path())
    });
    for (result, (page, block, name, key)) in results.into_iter().zip(&changed)
    {
        let Some((line, message)) = result? else {
            cx.cache.passed(name, *key);
            continue;
        };
        cx.cache.failed(name);
        let place = match line {
            Some(line) => block.place_of(page, line),
            None => block.place(page),
        };
        report.fail(&place, message);
    }
    Ok(())
}

type Wrong = Option<(Option<usize>, String)>;

/// Compiles one block. What is wrong with it, and in which line of the block
/// if that is known.
fn check(
    page: &Page,
    block: &Block,
    arguments: &[String],
    folder: &std::path::Path,
) -> Result<Wrong> {
    let expected: BTreeSet<String> =
        block.error_codes().into_iter().map(str::to_owned).collect();
    if expected.is_empty() {
        return Ok(Some((
            None,
            "a compile_fail block names its error codes: \
             ```rust,compile_fail,E0382"
                .to_owned(),
        )));
    }
    let name = block.file_name(page);
    let file = folder.join(format!("{name}.rs"));
    let (source, offset) = as_program(block);
    std::fs::write(&file, source)?;
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = process::command(rustc);
    command
        .args(arguments)
        .args(["--crate-type=bin", "--crate-name=block", "--emit=metadata"])
        .args(["--error-format=json", "--cap-lints=allow", "-o"])
        .arg(folder.join(format!("{name}.rmeta")))
        .arg(&file);
    let done = process::run(&mut command, Duration::from_secs(60))?;
    if done.success() {
        return Ok(Some((
            None,
            format!(
                "it compiles; it must fail with {}",
                expected.iter().cloned().collect::<Vec<_>>().join(", ")
            ),
        )));
    }
    let errors = errors(&done.output);
    let found: BTreeSet<String> =
        errors.iter().map(|error| error.code.clone()).collect();
    if found == expected {
        return Ok(elsewhere(block, &errors, offset));
    }
    let list = |codes: &BTreeSet<String>| {
        codes.iter().cloned().collect::<Vec<_>>().join(", ")
    };
    let mut message = format!(
        "rustc reports {}; the fence says {}\n",
        list(&found),
        list(&expected)
    );
    for error in &errors {
        message += &error.rendered;
    }
    let line = errors
        .iter()
        .filter(|error| !expected.contains(&error.code))
        .find_map(|error| error.line)
        .map(|line| line.saturating_sub(offset));
    Ok(Some((line, message)))
}

/// Another error of the same code proves nothing: each must be in a line that
/// the reader sees and that a comment above the block names.
fn elsewhere(block: &Block, errors: &[CompilerError], offset: usize) -> Wrong {
    let visible: Vec<(usize, &str)> = block.visible().collect();
    errors.iter().find_map(|error| {
        let number = error.line?.checked_sub(offset)?;
        let line = visible.iter().find(|(index, _)| *index == number);
        let Some((_, line)) = line else {
            let text = "the error is in a line that is hidden";
            return Some((
                Some(number),
                format!("{text}:\n{}", error.rendered),
            ));
        };
        let named = block.all_notes("error").any(|part| line.contains(part));
        (!named).then(|| {
            let text = "the error is in another line than the comment \
                        <!-- error: … --> above the block names";
            (Some(number), format!("{text}:\n{}", error.rendered))
        })
    })
}

/// The block as a program, and how many lines stand above it. Like rustdoc: a
/// block without a `fn main` becomes the body of one.
fn as_program(block: &Block) -> (String, usize) {
    let source = block.source();
    let has_main = source.lines().any(|line| {
        let line = line.trim_start();
        line.starts_with("fn main(") || line.starts_with("pub fn main(")
    });
    if has_main {
        (source, 0)
    } else {
        (format!("fn main() {{\n{source}\n}}\n"), 1)
    }
}

#[derive(Debug)]
struct CompilerError {
    code: String,
    line: Option<usize>,
    rendered: String,
}

/// Where the error is; the other spans say how it came to it. What a macro has
/// written is where the macro was called: its own file is not the block's.
fn primary_line(spans: &serde_json::Value) -> Option<usize> {
    let mut spans = spans.as_array()?.iter();
    let mut place = spans.find(|span| span["is_primary"] == true)?;
    while place["expansion"].is_object() {
        place = &place["expansion"]["span"];
    }
    usize::try_from(place["line_start"].as_u64()?).ok()
}

fn errors(output: &str) -> Vec<CompilerError> {
    let mut found = Vec::new();
    for line in output.lines() {
        let Ok(json) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        let text =
            |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        if json["level"] != "error" || text("message").starts_with("aborting") {
            continue;
        }
        found.push(CompilerError {
            code: json["code"]["code"]
                .as_str()
                .unwrap_or("an error without a code")
                .to_owned(),
            line: primary_line(&json["spans"]),
            rendered: text("rendered"),
        });
    }
    found
}
