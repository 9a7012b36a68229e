//! What the text names is there: files, and commands of cargo and of this
//! tool, in back quotes on a page, in a README, in CONTRIBUTING.md. So do the
//! hosted workflows, of which no machine but the host's runs all steps.

use std::path::PathBuf;

use anyhow::Result;
use cargo_metadata::{Package, TargetKind};
use pulldown_cmark::{Event, Parser};

use super::{Context, Elsewhere, Lane, STAGES, Stage};
use crate::block::markdown_options;
use crate::cross::Platform;
use crate::exercise;
use crate::page::Place;
use crate::project::folder;
use crate::report::Report;

pub const STAGE: Stage = Stage {
    name: "names",
    about: "files and commands that the text names are there",
    lane: Lane::Text,
    elsewhere: Elsewhere::Not("it reads the text"),
    run,
};

/// Folders with which a path may begin. Other words with a slash in them are
/// no paths, or none of this project.
const FOLDERS: &[&str] = &[
    ".ci",
    ".github",
    "benches",
    "book",
    "crates",
    "debug",
    "examples",
    "exercises",
    "solutions",
    "src",
    "tests",
    "xtask",
];

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let known = Known {
        exercises: exercise::all(cx.project)?
            .iter()
            .flat_map(|one| [one.id(), one.name.clone()])
            .collect(),
    };
    for page in cx.pages() {
        let owner = cx
            .project
            .chapter_of(page)
            .and_then(|name| cx.project.package(name).ok());
        for (line, text) in quoted(&page.text) {
            let place = page.place(line);
            check(cx, &known, owner, &place, &text, report);
        }
    }
    for (file, owner) in documents(cx) {
        let Ok(text) = std::fs::read_to_string(cx.project.root.join(&file))
        else {
            continue;
        };
        for (line, text) in quoted(&text) {
            check(cx, &known, owner, &Place::new(&file, line), &text, report);
        }
    }
    if cx.only.is_empty() {
        workflows(cx, &known, report)?;
    }
    Ok(())
}

/// The commands of the hosted workflows.
fn workflows(
    cx: &Context<'_>,
    known: &Known,
    report: &mut Report,
) -> Result<()> {
    for file in cx.project.files(&cx.project.root.join(WORKFLOWS))? {
        let text = std::fs::read_to_string(&file)?;
        for (line, command) in commands(&text) {
            let place = Place::new(cx.project.shown(&file), line);
            check(cx, known, None, &place, &command, report);
        }
    }
    Ok(())
}

/// Where they are.
const WORKFLOWS: &str = ".github/workflows";

/// The lines of a workflow that are commands of cargo's, each with the lines
/// of options that follow. A line with a package and no command is one of
/// those that a loop hands to `cargo test`.
fn commands(workflow: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (index, line) in workflow.lines().enumerate() {
        let line = line.trim().trim_start_matches("- ");
        let line = line.trim_start_matches("run: ");
        if line.starts_with("cargo ") {
            found.push((index + 1, line.to_owned()));
        } else if line.starts_with("--package ") {
            found.push((index + 1, format!("cargo test {line}")));
        } else if goes_on && line.starts_with("--") {
            if let Some((_, command)) = found.last_mut() {
                *command += &format!(" {line}");
            }
        } else {
            goes_on = false;
            continue;
        }
        goes_on = true;
    }
    found
}

struct Known {
    exercises: Vec<String>,
}

/// The READMEs, and what contributors read.
fn documents<'c>(cx: &'c Context<'_>) -> Vec<(PathBuf, Option<&'c Package>)> {
    let mut found: Vec<_> = cx
        .packages()
        .into_iter()
        .filter_map(|package| {
            let readme = folder(package).join("README.md");
            let file = readme.strip_prefix(&cx.project.root).ok()?;
            Some((file.to_owned(), Some(package)))
        })
        .collect();
    if cx.only.is_empty() {
        found.extend(
            ["README.md", "CONTRIBUTING.md"].map(|name| (name.into(), None)),
        );
    }
    found
}

/// What stands in back quotes, and on which line.
fn quoted(text: &str) -> Vec<(usize, String)> {
    let parser = Parser::new_ext(text, markdown_options());
    parser
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Code(code) => {
                let line = text[..range.start].matches('\n').count() + 1;
                Some((line, code.into_string()))
            }
            _ => None,
        })
        .collect()
}

fn check(
    cx: &Context<'_>,
    known: &Known,
    owner: Option<&Package>,
    place: &Place,
    text: &str,
    report: &mut Report,
) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let wrong = match words[..] {
        ["cargo", "xtask", ..] => {
            report.checked += 1;
            tool(cx, known, &words[2..])
        }
        ["cargo", "run" | "test" | "bench", ..] => {
            report.checked += 1;
            cargo(cx, owner, &words[1..])
        }
        [path] if is_path(path) => {
            report.checked += 1;
            let there = places(cx, owner)
                .iter()
                .any(|folder| folder.join(path).exists());
            (!there).then(|| format!("there is no {path}"))
        }
        _ => None,
    };
    if let Some(wrong) = wrong {
        report.fail(place, wrong);
    }
}

fn is_path(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let first = word.split('/').next().unwrap_or_default();
    let placeholder = is_placeholder(word);
    word.contains('/')
        && word.chars().all(plain)
        && FOLDERS.contains(&first)
        && !placeholder
}

/// NAME or chNN-example stands for something else. README.md does not.
fn is_placeholder(word: &str) -> bool {
    let word = ["README", "CONTRIBUTING", "SUMMARY", "LICENSE"]
        .iter()
        .fold(word.to_owned(), |word, name| word.replace(name, ""));
    let letters: Vec<char> = word.chars().collect();
    letters
        .windows(2)
        .any(|two| two.iter().all(char::is_ascii_uppercase))
}

/// The folders to which a path may be relative: the project's, the chapter's,
/// and on pages of no chapter those of all crates.
fn places(cx: &Context<'_>, owner: Option<&Package>) -> Vec<PathBuf> {
    let mut found = vec![cx.project.root.clone()];
    match owner {
        Some(package) => {
            found.push(folder(package).to_owned());
            found.push(folder(package).join("src"));
        }
        None => {
            let all = cx.project.packages();
            found.extend(all.iter().map(|p| folder(p).to_owned()));
            found.push(crate::own_folder());
        }
    }
    found
}

/// The arguments of `cargo run`, `test` and `bench`: package and target.
fn cargo(
    cx: &Context<'_>,
    owner: Option<&Package>,
    words: &[&str],
) -> Option<String> {
    // What comes after a bare `--` is for the program.
    let words = words.split(|word| *word == "--").next().unwrap_or_default();
    let values = |names: &'static [&str]| {
        let pairs = words.windows(2);
        pairs
            .filter(|two| names.contains(&two[0]))
            .map(|two| two[1])
    };
    let all = cx.project.metadata.workspace_packages();
    let package = match values(&["-p", "--package"]).next() {
        Some(name) if is_placeholder(name) => return None,
        Some(name) => match all.iter().find(|package| package.name == name) {
            Some(package) => Some(*package),
            None => return Some(format!("no crate is called {name}")),
        },
        None => owner,
    };
    let package = package?;
    let kinds: [(&'static [&str], TargetKind); 4] = [
        (&["--example"], TargetKind::Example),
        (&["--test"], TargetKind::Test),
        (&["--bench"], TargetKind::Bench),
        (&["--bin"], TargetKind::Bin),
    ];
    kinds.into_iter().find_map(|(option, kind)| {
        let there = |name: &str| {
            let mut all = package.targets.iter();
            all.any(|target| {
                target.name == name && target.is_kind(kind.clone())
            })
        };
        let mut names = values(option).filter(|name| !is_placeholder(name));
        let name = names.find(|name| !there(name))?;
        let option = option[0];
        Some(format!("{} has no {option} {name}", package.name))
    })
}

/// The arguments of `cargo xtask`.
fn tool(cx: &Context<'_>, known: &Known, words: &[&str]) -> Option<String> {
    let [command, rest @ ..] = words else {
        return None;
    };
    if command.starts_with('-') || *command == "…" {
        return None;
    }
    if !crate::cli::knows(command) {
        return Some(format!("cargo xtask has no command {command:?}"));
    }
    if let Some(at) = rest.iter().position(|word| *word == "--target")
        && let Some(name) = rest.get(at + 1)
        && !is_placeholder(name)
        && Platform::find(name).is_err()
    {
        return Some(format!("there is no target {name}"));
    }
    let mut arguments = rest
        .iter()
        .filter(|word| !is_placeholder(word))
        .filter(|word| Platform::find(word).is_err())
        .filter(|word| !word.starts_with(['-', '.', '[', '<', '/']));
    let is_package = |word: &str| cx.project.package(word).is_ok();
    arguments.find_map(|word| {
        let is_known = match *command {
            "test" => {
                is_package(word) || STAGES.iter().any(|s| s.name == *word)
            }
            "exercise" => known.exercises.iter().any(|name| name == word),
            "new" | "bench" => is_package(word) || word.contains('/'),
            _ => true,
        };
        (!is_known)
            .then(|| format!("`cargo xtask {command}` knows no {word:?}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_has_commands() {
        let text = "run: >\n  cargo test --package a --lib\n  --test b\n\
                    env:\n  LINES: |\n    --package c --test d\n\
                    - run: cargo xtask test lint\nother: --test e\n";
        let found = commands(text);
        let expected = [
            (2, "cargo test --package a --lib --test b"),
            (6, "cargo test --package c --test d"),
            (7, "cargo xtask test lint"),
        ];
        let expected = expected.map(|(line, text)| (line, text.to_owned()));
        assert_eq!(found, expected);
    }
}
