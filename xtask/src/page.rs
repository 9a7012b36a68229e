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

use crate::block::{Fence, shown_as_is};
pub use crate::excerpt::{Excerpt, tidy};

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
    /// Where each line of the expanded text ends.
    ends: Vec<usize>,
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
            ends: Vec::new(),
        };
        let mut fence = None;
        for (index, line) in raw.lines().enumerate() {
            let number = index + 1;
            fence = Fence::after(fence, line);
            match Directive::parse(line) {
                Some(directive) if directive.name == "include" => {
                    let rust = fence.as_ref().is_some_and(|f| f.rust);
                    page.include(root, number, &directive, rust);
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
        self.ends.push(self.text.len());
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
        rust: bool,
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
            // A compiled file has no hidden lines: what looks like one stands
            // in a string or a comment.
            let text = if rust { shown_as_is(text) } else { text.into() };
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
        1 + self.ends.partition_point(|&end| end < offset)
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

    /// In a source file such lines stand in strings and comments.
    #[test]
    fn included_lines_of_rust_are_never_hidden() {
        let folder = project();
        let text = "let s = r#\"\n# one\n## two\n#\n#[x]\n\"#;\n";
        std::fs::write(folder.path().join("src/b.rs"), text).unwrap();
        let raw = "> ```rust\n> # hidden();\n> {{#include ../src/b.rs}}\n> \
                   ```\n\n```text\n{{#include ../src/b.rs}}\n```\n";
        let page = Page::expand(folder.path(), Path::new("book/p.md"), raw);
        let blocks = crate::block::blocks(&page);
        assert_eq!(blocks[0].source(), format!("hidden();\n{text}"));
        assert_eq!(blocks[0].visible().count(), text.lines().count());
        assert_eq!(blocks[1].code, text);
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
        problem("{{#include ../src/a.rs:1:z}}", "not a range");
        problem("see {{#include ../src/a.rs}}", "alone on its line");
    }

    #[test]
    fn an_escaped_directive_is_text() {
        let page = expanded("\\{{#include ../src/a.rs}}\n");
        assert!(page.problems.is_empty());
        assert_eq!(page.text, "\\{{#include ../src/a.rs}}\n");
    }
}
