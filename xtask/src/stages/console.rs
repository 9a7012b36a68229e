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
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use similar::TextDiff;
use snapbox::Data;
use snapbox::filter::NormalizeToExpected;

use super::samples::{ill_chosen, with_samples, without_samples};
use super::{Context, Elsewhere, Lane, Stage, libtest};
use crate::block::{Block, CONSOLE_WORDS, Kind};
use crate::page::Page;
use crate::process;
use crate::project::Project;
use crate::report::Report;
use crate::workbench::BUILD_LIMIT;

pub const STAGE: Stage = Stage {
    name: "console",
    about: "each console block prints what the page says",
    lane: Lane::Programs,
    elsewhere: Elsewhere::Not(
        "the commands of the pages are those of this machine",
    ),
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let blocks = cx.blocks(|block| block.kind() == Kind::Console);
    let (mut elsewhere, mut unchecked) = (0, 0);
    let mut rewrites = Vec::new();
    let mut longest = Vec::new();
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
        let started = Instant::now();
        check(cx, page, block, report, &mut rewrites)?;
        longest.push((started.elapsed().as_secs_f64(), name.clone()));
        match key {
            Some(key) if report.failures.len() == before => {
                cx.cache.passed(&name, key);
            }
            _ => cx.cache.failed(&name),
        }
    }
    cx.longest("the blocks", longest, report);
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

/// A reader who tries the command waits for it, too. On a quiet machine each
/// takes a fraction of this; here other stages are at work.
const BUDGET: Duration = Duration::from_secs(300);

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
        cx.progress.step(format!("$ {}", session.command));
        // The exit status on the fence is that of the block's last command.
        let expected = if index == last { block.exit_code() } else { 0 };
        cx.wait_for_builds();
        let ran = run_session(cx.project, session, expected, BUILD_LIMIT)?;
        let output = match ran {
            Ok(output) => output,
            Err(wrong) => {
                report.fail(&place, wrong);
                continue;
            }
        };
        let page_says = tidy(&session.output);
        let (wanted, got) = compared(&page_says, &output);
        let new = if wanted != got {
            got.clone()
        } else if cx.bless {
            with_samples(&page_says, &output)
        } else {
            page_says.clone()
        };
        if wanted == got {
            for (hard, why) in chosen(session, &output) {
                if hard {
                    report.fail(&place, why);
                } else {
                    report.note(&place, why);
                }
            }
        } else if !cx.bless {
            report.fail(&place, difference(session, &wanted, &got, BLESS));
            continue;
        }
        // Once is luck: what is different each time must be a wildcard.
        cx.wait_for_builds();
        match run_session(cx.project, session, expected, BUDGET)? {
            Ok(again) => {
                let (wanted, got) = compared(&new, &again);
                if wanted != got {
                    let text = difference(session, &wanted, &got, LUCK);
                    report.fail(&place, text);
                    continue;
                }
            }
            Err(wrong) => {
                report.fail(&place, format!("the second time: {wrong}"));
                continue;
            }
        }
        if new != page_says {
            rewrite(page, block, session, new, report, rewrites);
        }
    }
    Ok(())
}

/// Runs a command: its output, or what is wrong with how it ended.
fn run_session(
    project: &Project,
    session: &Session,
    expected: i32,
    limit: Duration,
) -> Result<Result<String, String>> {
    let mut command = match command(project, &session.command) {
        Ok(command) => command,
        Err(error) => return Ok(Err(format!("{error:#}"))),
    };
    let done = process::run(&mut command, limit)?;
    if done.status().and_then(|status| status.code()) != Some(expected) {
        return Ok(Err(format!(
            "$ {}\n{}; the page expects exit code {expected}\n{}",
            session.command,
            done.ending(),
            done.output
        )));
    }
    Ok(Ok(tidy(&done.output)))
}

/// The page's output and the program's, with the same wildcards in both.
fn compared(page: &str, program: &str) -> (String, String) {
    let wanted = Data::text(tidy(&without_samples(page)));
    let got = NormalizeToExpected::new()
        .redact()
        .normalize(Data::text(program.to_owned()), &wanted);
    (wanted.to_string(), got.to_string())
}

/// What is wrong although the output is as the page says, and whether that is
/// a failure.
fn chosen(session: &Session, output: &str) -> Vec<(bool, String)> {
    let renewed = with_samples(&tidy(&session.output), output);
    let mut found = ill_chosen(&session.output, &renewed);
    found.extend(
        nothing_tested(&session.command, output).map(|why| (true, why)),
    );
    found
}

const BLESS: &str = "`cargo xtask test console --bless` writes the new output \
                     into the page";
const LUCK: &str = "it fitted the first time, and not the second: what differs \
                    from run to run is a sample or a wildcard";

fn difference(session: &Session, page: &str, run: &str, hint: &str) -> String {
    let diff = TextDiff::from_lines(page, run);
    format!(
        "$ {}\n{}\n{hint}",
        session.command,
        diff.unified_diff()
            .context_radius(2)
            .header("the page", "the program")
    )
}

fn rewrite(
    page: &Page,
    block: &Block,
    session: &Session,
    output: String,
    report: &mut Report,
    rewrites: &mut Vec<Rewrite>,
) {
    let place = block.place_of(page, session.line);
    let included = (0..session.output.lines().count()).find_map(|line| {
        let line = session.line + session.height + line;
        block.place_of(page, line).source
    });
    if let Some((file, _)) = included {
        report.fail(
            &place,
            format!(
                "the output is included from {}: only an output that is \
                 written in the page can be rewritten",
                file.display()
            ),
        );
        return;
    }
    rewrites.push(Rewrite {
        page: page.path.clone(),
        command: place.line,
        first: place.line + session.height,
        count: tidy(&session.output).lines().count(),
        output,
    });
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
    let lines: Vec<&str> =
        output.trim_end().lines().map(str::trim_end).collect();
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
    if let Some(word) = rest.iter().find(|w| {
        ["|", ">", "<", "&&", ";", "2>&1", "||"].contains(&w.as_str())
    }) {
        bail!("no shell runs this command, so {word:?} means nothing");
    }
    let mut command = process::cargo(&project.root, &project.target());
    command.args(&rest[1..]).env("CARGO_TERM_QUIET", "true");
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
