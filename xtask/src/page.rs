//! A page of the book with its includes expanded, every line of which still
//! knows where it came from.
//!
//! The tests and the rendered book use the same expansion, so what a reader
//! sees is what was checked. mdBook's own expansion only logs a missing file
//! and turns a missing anchor into an empty block; here both are problems
//! with a place.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A line of a page, and of the source that it was included from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The page, relative to the project's root.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// The included file and its line, counted from 1.
    pub source: Option<(PathBuf, usize)>,
}

impl Place {
    /// A line of a file that was not included from anywhere.
    pub fn new(file: impl Into<PathBuf>, line: usize) -> Place {
        Place {
            file: file.into(),
            line,
            source: None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.to_string_lossy().replace('\\', "/");
        write!(f, "{file}:{}", self.line)?;
        if let Some((source, line)) = &self.source {
            let source = source.to_string_lossy().replace('\\', "/");
            write!(f, " ({source}:{line})")?;
        }
        Ok(())
    }
}

/// Where one line of the expanded text came from.
#[derive(Clone, Debug)]
struct Origin {
    /// The line of the page, counted from 1.
    line: usize,
    /// The included file and its line, counted from 1.
    source: Option<(PathBuf, usize)>,
}

/// Something wrong with a page, found while it was read.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, in words.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for Problem {}

/// A page with its includes expanded.
#[derive(Clone, Debug)]
pub struct Page {
    /// The page's file, relative to the project's root.
    pub path: PathBuf,
    /// The expanded text.
    pub text: String,
    /// What could not be included.
    pub problems: Vec<Problem>,
    /// The files that were included, relative to the project's root.
    pub included: Vec<PathBuf>,
    origins: Vec<Origin>,
}

impl Page {
    /// Reads and expands the page at `path`, relative to `root`.
    ///
    /// # Errors
    /// When the page itself cannot be read. A bad include is a problem of the
    /// page.
    pub fn load(root: &Path, path: &Path) -> Result<Page> {
        let raw = std::fs::read_to_string(root.join(path))
            .with_context(|| path.display().to_string())?;
        Ok(Page::expand(root, path, &raw))
    }

    /// Expands `raw`, the text of the page at `path`, relative to `root`.
    pub fn expand(root: &Path, path: &Path, raw: &str) -> Page {
        let mut page = Page {
            path: path.to_owned(),
            text: String::with_capacity(raw.len()),
            problems: Vec::new(),
            included: Vec::new(),
            origins: Vec::new(),
        };
        for (index, line) in raw.lines().enumerate() {
            let number = index + 1;
            match Directive::parse(line) {
                Some(directive) if directive.name == "include" => {
                    page.include(root, number, &directive);
                }
                Some(_) => page.push(line, number, None),
                None => {
                    if line.contains("{{#include") && !line.contains("\\{{") {
                        page.problem(
                            number,
                            "an include must stand alone on its line"
                                .to_owned(),
                        );
                    }
                    page.push(line, number, None);
                }
            }
        }
        page
    }

    fn push(
        &mut self,
        text: &str,
        line: usize,
        source: Option<(PathBuf, usize)>,
    ) {
        self.text.push_str(text);
        self.text.push('\n');
        self.origins.push(Origin { line, source });
    }

    fn problem(&mut self, line: usize, message: String) {
        let place = Place::new(&self.path, line);
        self.problems.push(Problem { place, message });
    }

    fn include(
        &mut self,
        root: &Path,
        number: usize,
        directive: &Directive<'_>,
    ) {
        let folder = self.path.parent().unwrap_or(Path::new("")).to_owned();
        let excerpt = match Excerpt::read(root, &folder, directive.argument) {
            Ok(excerpt) => excerpt,
            Err(error) => {
                self.problem(number, format!("{error:#}"));
                return;
            }
        };
        for (line, text) in &excerpt.lines {
            let text = format!("{}{text}", directive.indent);
            let source = Some((excerpt.file.clone(), *line));
            self.push(text.trim_end(), number, source);
        }
        self.included.push(excerpt.file);
    }

    /// The place of a line of the expanded text, counted from 1.
    pub fn place(&self, line: usize) -> Place {
        let last = self.origins.len().saturating_sub(1);
        let origin = line
            .checked_sub(1)
            .and_then(|index| self.origins.get(index.min(last)));
        Place {
            file: self.path.clone(),
            line: origin.map_or(1, |origin| origin.line),
            source: origin.and_then(|origin| origin.source.clone()),
        }
    }

    /// The line of the expanded text, counted from 1, that holds a byte.
    pub fn line_at(&self, offset: usize) -> usize {
        let end = offset.min(self.text.len());
        1 + self.text.as_bytes()[..end]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count()
    }

    /// The name of the page without folder and ending.
    pub fn stem(&self) -> &str {
        self.path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default()
    }
}

/// `{{#name argument}}` alone on a line.
#[derive(Debug)]
pub struct Directive<'a> {
    /// What stands before it: white space, or the `> ` of a quotation.
    pub indent: &'a str,
    /// The word after the `#`.
    pub name: &'a str,
    /// The rest, trimmed.
    pub argument: &'a str,
}

impl<'a> Directive<'a> {
    /// Parses a whole line.
    pub fn parse(line: &'a str) -> Option<Directive<'a>> {
        let start = line.find("{{#")?;
        let indent = &line[..start];
        if !indent.chars().all(|c| c == ' ' || c == '>' || c == '\t') {
            return None;
        }
        let inner = line[start + 3..].trim_end().strip_suffix("}}")?;
        let (name, argument) =
            inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
        Some(Directive {
            indent,
            name,
            argument: argument.trim(),
        })
    }
}

/// A part of a source file: all of it, an anchor, or a range of lines.
#[derive(Debug)]
pub struct Excerpt {
    /// The file, relative to the project's root.
    pub file: PathBuf,
    /// Line numbers, counted from 1, with the lines; without anchor comments.
    pub lines: Vec<(usize, String)>,
}

impl Excerpt {
    /// Reads `path[:anchor]` or `path:from[:to]`, the path relative to
    /// `folder`, which is relative to `root`.
    ///
    /// # Errors
    /// When the file or the anchor is missing, the range is not in the file,
    /// or nothing is left.
    pub fn read(root: &Path, folder: &Path, spec: &str) -> Result<Excerpt> {
        let (path, part) = match spec.split_once(':') {
            Some((path, part)) => (path, Some(part)),
            None => (spec, None),
        };
        let file = tidy(&folder.join(path));
        let text = std::fs::read_to_string(root.join(&file))
            .with_context(|| format!("cannot include {}", file.display()))?;
        let all = text.lines().enumerate().map(|(i, line)| (i + 1, line));
        let lines: Vec<(usize, String)> = match part {
            None => all
                .filter(|(_, line)| anchor(line).is_none())
                .map(own)
                .collect(),
            Some(part) if part.starts_with(|c: char| c.is_ascii_digit()) => {
                let (from, to) = range(part)?;
                all.filter(|(n, _)| (from..=to).contains(n))
                    .filter(|(_, line)| anchor(line).is_none())
                    .map(own)
                    .collect()
            }
            Some(name) => between_anchors(all, name).with_context(|| {
                let known: Vec<&str> = text
                    .lines()
                    .filter_map(anchor)
                    .filter_map(|(end, name)| (!end).then_some(name))
                    .collect();
                format!(
                    "{} has no anchor {name:?}; it has: {}",
                    file.display(),
                    known.join(", ")
                )
            })?,
        };
        anyhow::ensure!(!lines.is_empty(), "{spec} includes nothing");
        Ok(Excerpt {
            file,
            lines: unindented(lines),
        })
    }

    /// The lines as one text.
    pub fn text(&self) -> String {
        self.lines
            .iter()
            .map(|(_, line)| format!("{line}\n"))
            .collect()
    }
}

fn own((number, line): (usize, &str)) -> (usize, String) {
    (number, line.to_owned())
}

/// Is this line an anchor comment? Whether it ends the anchor, and its name.
fn anchor(line: &str) -> Option<(bool, &str)> {
    let at = line.find("ANCHOR")?;
    let rest = &line[at + "ANCHOR".len()..];
    let (end, name) = match rest.strip_prefix("_END:") {
        Some(name) => (true, name),
        None => (false, rest.strip_prefix(':')?),
    };
    Some((end, name.trim()))
}

fn between_anchors<'a>(
    lines: impl Iterator<Item = (usize, &'a str)>,
    wanted: &str,
) -> Option<Vec<(usize, String)>> {
    let mut found = false;
    let mut inside = false;
    let mut kept = Vec::new();
    for (number, line) in lines {
        match anchor(line) {
            Some((end, name)) if name == wanted => {
                inside = !end;
                found = true;
            }
            Some(_) => {}
            None if inside => kept.push((number, line.to_owned())),
            None => {}
        }
    }
    // An anchor that never ends would swallow the rest of the file unnoticed.
    (found && !inside).then_some(kept)
}

fn range(part: &str) -> Result<(usize, usize)> {
    let bad = || format!("{part:?} is no range of lines: write FROM:TO");
    let (from, to) = part.split_once(':').unwrap_or((part, part));
    let from = from.parse().with_context(bad)?;
    let to = if to.is_empty() {
        usize::MAX
    } else {
        to.parse().with_context(bad)?
    };
    Ok((from, to))
}

/// Removes the indentation that all lines share, so that a method reads like
/// a function.
fn unindented(mut lines: Vec<(usize, String)>) -> Vec<(usize, String)> {
    let shared = lines
        .iter()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(_, line)| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    for (_, line) in &mut lines {
        line.drain(..shared.min(line.len()));
    }
    lines
}

/// Resolves `..` in a relative path without asking the file system.
pub fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir if tidied.pop() => {}
            std::path::Component::CurDir => {}
            other => tidied.push(other),
        }
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("src")).unwrap();
        std::fs::write(
            folder.path().join("src/a.rs"),
            "one\n    // ANCHOR: x\n    two\n      three\n    // ANCHOR_END: x\n\
             four\n// ANCHOR: open\nfive\n",
        )
        .unwrap();
        folder
    }

    fn expanded(raw: &str) -> Page {
        let folder = project();
        Page::expand(folder.path(), Path::new("book/p.md"), raw)
    }

    #[test]
    fn an_anchor_is_unindented_and_its_lines_know_their_source() {
        let page = expanded("before\n{{#include ../src/a.rs:x}}\nafter\n");
        assert_eq!(page.text, "before\ntwo\n  three\nafter\n");
        assert_eq!(page.place(1).to_string(), "book/p.md:1");
        assert_eq!(page.place(3).to_string(), "book/p.md:2 (src/a.rs:4)");
        assert_eq!(page.place(4).to_string(), "book/p.md:3");
        assert!(page.problems.is_empty());
    }

    #[test]
    fn a_whole_file_comes_without_anchor_comments() {
        let page = expanded("{{#include ../src/a.rs}}\n");
        assert_eq!(page.text, "one\n    two\n      three\nfour\nfive\n");
        assert_eq!(page.place(4).to_string(), "book/p.md:1 (src/a.rs:6)");
    }

    #[test]
    fn ranges_and_quotations() {
        let page = expanded("> {{#include ../src/a.rs:6}}\n");
        assert_eq!(page.text, "> four\n");
    }

    #[track_caller]
    fn problem(raw: &str, says: &str) {
        let page = expanded(raw);
        let [problem] = &page.problems[..] else {
            panic!("one problem expected: {:?}", page.problems);
        };
        assert!(problem.message.contains(says), "{}", problem.message);
    }

    #[test]
    fn what_cannot_be_included_is_a_problem() {
        problem("{{#include ../src/b.rs}}", "cannot include src/b.rs");
        problem("{{#include ../src/a.rs:y}}", "no anchor \"y\"; it has: x");
        problem("{{#include ../src/a.rs:open}}", "no anchor \"open\"");
        problem("{{#include ../src/a.rs:90:95}}", "includes nothing");
        problem("{{#include ../src/a.rs:1:z}}", "no range");
        problem("see {{#include ../src/a.rs}}", "alone on its line");
    }

    #[test]
    fn an_escaped_directive_is_text() {
        let page = expanded("\\{{#include ../src/a.rs}}\n");
        assert!(page.problems.is_empty());
        assert_eq!(page.text, "\\{{#include ../src/a.rs}}\n");
    }
}
