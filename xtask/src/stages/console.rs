//! Console blocks: the commands are run, and what they print is compared with
//! what the page says they print.
//!
//! `[..]` in a line stands for any text, a line `...` for any lines. `[~52.3]`
//! stands for any text too, and is shown as `52.3`: a sample, which `--bless`
//! takes from a real run. Commands of cargo are run as they are written, except
//! that cargo itself is quiet. Any other command needs a reason why it is not
//! run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use similar::TextDiff;
use snapbox::Data;
use snapbox::filter::NormalizeToExpected;

use super::samples::{ill_chosen, with_samples, without_samples};
use super::{Context, Stage, libtest};
use crate::block::{Block, CONSOLE_WORDS, Kind};
use crate::page::Page;
use crate::process;
use crate::project::Project;
use crate::report::Report;
use crate::workbench::BUILD_LIMIT;

pub const STAGE: Stage = Stage {
    name: "console",
    about: "each console block prints what the page says",
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let blocks = cx.blocks(|block| block.kind() == Kind::Console);
    let (mut elsewhere, mut unchecked) = (0, 0);
    let mut rewrites = Vec::new();
    // How many blocks of each page were looked at.
    let mut ordinals: HashMap<&Path, usize> = HashMap::new();
    for (page, block) in &blocks {
        let ordinal = ordinals.entry(&page.path).or_default();
        *ordinal += 1;
        if block.note("unchecked").is_some() {
            unchecked += 1;
            continue;
        }
        if !holds_here(block) {
            elsewhere += 1;
            continue;
        }
        report.checked += 1;
        let name = format!("console {} {ordinal}", page.path.display());
        let key = key(cx, block)?.filter(|_| !cx.bless);
        if key.is_some_and(|key| cx.cache.has_passed(&name, key)) {
            report.unchanged += 1;
            continue;
        }
        let before = report.failures.len();
        check(cx, page, block, report, &mut rewrites)?;
        match key {
            Some(key) if report.failures.len() == before => {
                cx.cache.passed(&name, key);
            }
            _ => cx.cache.failed(&name),
        }
    }
    if elsewhere > 0 {
        report.remark(format!("{elsewhere} for other platforms"));
    }
    if unchecked > 0 {
        report.remark(format!("{unchecked} not run, with a reason"));
    }
    if cx.bless {
        report.remark(format!("{} rewritten", rewrites.len()));
        bless(cx.project, rewrites)?;
    }
    Ok(())
}

/// What the block's output depends on, if that can be told: its own text, and
/// the packages whose programs it runs. This tool looks at everything.
fn key(cx: &Context<'_>, block: &Block) -> Result<Option<u64>> {
    let mut key = cx.key();
    key.text(&block.code).text(&block.words.join(","));
    for session in sessions(block) {
        let words = shell_words::split(&session.command).unwrap_or_default();
        let name = words
            .iter()
            .position(|word| word == "-p" || word == "--package")
            .and_then(|index| words.get(index + 1));
        let Some(package) = name.and_then(|name| cx.project.package(name).ok())
        else {
            return Ok(None);
        };
        key.package(package)?;
    }
    Ok(Some(key.finish()))
}

fn holds_here(block: &Block) -> bool {
    use std::env::consts::{ARCH, FAMILY, OS};
    block
        .words
        .iter()
        .filter(|word| CONSOLE_WORDS.contains(&word.as_str()))
        .all(|word| [ARCH, FAMILY, OS].contains(&word.as_str()))
}

/// A command and the output that the page gives it.
#[derive(Debug)]
struct Session {
    /// Its line in the block, counted from 1.
    line: usize,
    command: String,
    /// How many lines the command takes.
    height: usize,
    output: String,
}

fn sessions(block: &Block) -> Vec<Session> {
    let mut sessions: Vec<Session> = Vec::new();
    let mut continued = false;
    for (index, line) in block.code.lines().enumerate() {
        if let Some(command) = line.strip_prefix("$ ") {
            sessions.push(Session {
                line: index + 1,
                command: command.to_owned(),
                height: 1,
                output: String::new(),
            });
            continued = command.ends_with('\\');
        } else if let Some(session) = sessions.last_mut() {
            if continued {
                session.command.pop();
                session.command.push_str(line);
                session.height += 1;
                continued = line.ends_with('\\');
            } else {
                session.output.push_str(line);
                session.output.push('\n');
            }
        }
    }
    sessions
}

/// Lines of a page's file that a new output replaces.
#[derive(Debug)]
struct Rewrite {
    page: PathBuf,
    /// The line of the command, counted from 1.
    command: usize,
    /// The first line, counted from 1.
    first: usize,
    count: usize,
    output: String,
}

fn check(
    cx: &Context<'_>,
    page: &Page,
    block: &Block,
    report: &mut Report,
    rewrites: &mut Vec<Rewrite>,
) -> Result<()> {
    let sessions = sessions(block);
    let last = sessions.len().saturating_sub(1);
    for (index, session) in sessions.iter().enumerate() {
        let place = block.place_of(page, session.line);
        let mut command = match command(cx.project, &session.command) {
            Ok(command) => command,
            Err(error) => {
                report.fail(&place, format!("{error:#}"));
                continue;
            }
        };
        cx.progress.step(format!("$ {}", session.command));
        let done = process::run(&mut command, BUILD_LIMIT)?;
        // The exit status on the fence is that of the block's last command.
        let expected = if index == last { block.exit_code() } else { 0 };
        let code = done.status().and_then(|status| status.code());
        if code != Some(expected) {
            report.fail(
                &place,
                format!(
                    "$ {}\n{}; the page expects exit code {expected}\n{}",
                    session.command,
                    done.ending(),
                    done.output
                ),
            );
            continue;
        }
        let wanted = Data::text(tidy(&without_samples(&session.output)));
        let got = NormalizeToExpected::new()
            .redact()
            .normalize(Data::text(tidy(&done.output)), &wanted);
        let (wanted, got) = (wanted.to_string(), got.to_string());
        let mut new = got.clone();
        if wanted == got {
            if let Some(why) = nothing_tested(&session.command, &done.output) {
                report.fail(&place, why);
            }
            let renewed = with_samples(&tidy(&session.output), &tidy(&done.output));
            for (hard, why) in ill_chosen(&session.output, &renewed) {
                if hard {
                    report.fail(&place, why);
                } else {
                    report.note(&place, why);
                }
            }
            new = tidy(&session.output);
            if cx.bless {
                new = with_samples(&new, &tidy(&done.output));
            }
            if new == tidy(&session.output) {
                continue;
            }
        }
        let included = (0..session.output.lines().count()).find_map(|line| {
            let line = session.line + session.height + line;
            block.place_of(page, line).source
        });
        if let Some((file, _)) = included.filter(|_| cx.bless) {
            report.fail(
                &place,
                format!(
                    "the output is included from {}: only an output that is \
                     written in the page can be rewritten",
                    file.display()
                ),
            );
        } else if cx.bless {
            rewrites.push(Rewrite {
                page: page.path.clone(),
                command: place.line,
                first: place.line + session.height,
                count: tidy(&session.output).lines().count(),
                output: new,
            });
        } else {
            let diff = TextDiff::from_lines(&wanted, &got);
            report.fail(
                &place,
                format!(
                    "$ {}\n{}\n`cargo xtask test console --bless` writes the \
                     new output into the page",
                    session.command,
                    diff.unified_diff()
                        .context_radius(2)
                        .header("the page", "the program")
                ),
            );
        }
    }
    Ok(())
}

/// A filter that fits no test: `cargo test` is content with that.
fn nothing_tested(command: &str, output: &str) -> Option<String> {
    let words = command.split_whitespace();
    let mut words = words.skip_while(|word| word.contains('='));
    if words.next() != Some("cargo") || words.next() != Some("test") {
        return None;
    }
    let ran: usize = libtest::results(output)
        .map(|result| result.passed + result.failed)
        .sum();
    (ran == 0).then(|| format!("$ {command}\nno test has run:\n{output}"))
}

/// Trailing blanks and empty lines say nothing.
fn tidy(output: &str) -> String {
    let lines: Vec<&str> = output.trim_end().lines().map(str::trim_end).collect();
    let mut text = lines.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// The command of a console block: `[NAME=value ...] cargo arguments`.
fn command(project: &Project, line: &str) -> Result<Command> {
    let words = shell_words::split(line).context("the command's quotes")?;
    let assignments = words
        .iter()
        .take_while(|word| {
            word.split_once('=').is_some_and(|(name, _)| {
                name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            })
        })
        .count();
    let (variables, rest) = words.split_at(assignments);
    match rest {
        [program, tool, ..]
            if program == "cargo"
                && ["run", "test", "xtask"].contains(&tool.as_str()) => {}
        _ => bail!(
            "only `cargo run`, `cargo test` and `cargo xtask` are run here; \
             any other command needs a reason above its block: \
             <!-- unchecked: it needs a debugger -->"
        ),
    }
    if let Some(word) = rest
        .iter()
        .find(|w| ["|", ">", "<", "&&", ";", "2>&1", "||"].contains(&w.as_str()))
    {
        bail!("no shell runs this command, so {word:?} means nothing");
    }
    let mut command = process::cargo(&project.root, &project.target());
    command
        .args(&rest[1..])
        .env("CARGO_TERM_QUIET", "true");
    for (name, value) in variables.iter().filter_map(|v| v.split_once('=')) {
        command.env(name, value);
    }
    Ok(command)
}

/// Writes the outputs into the pages; every other line stays as it is.
fn bless(project: &Project, mut rewrites: Vec<Rewrite>) -> Result<()> {
    // From the bottom up, so that line numbers above stay true.
    rewrites.sort_by(|a, b| (&a.page, b.first).cmp(&(&b.page, a.first)));
    for rewrite in rewrites {
        let path = project.root.join(&rewrite.page);
        let text = std::fs::read_to_string(&path)?;
        let mut lines: Vec<String> =
            text.split_inclusive('\n').map(str::to_owned).collect();
        let start = rewrite.first - 1;
        // In a quotation every line begins like the command's.
        let indent: String = lines[rewrite.command - 1]
            .chars()
            .take_while(|&c| c == '>' || c == ' ')
            .collect();
        let end = if lines[start - 1].ends_with("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let new: Vec<String> = rewrite
            .output
            .lines()
            .map(|line| format!("{indent}{line}").trim_end().to_owned() + end)
            .collect();
        lines.splice(start..start + rewrite.count, new);
        std::fs::write(&path, lines.concat())
            .with_context(|| path.display().to_string())?;
    }
    Ok(())
}
