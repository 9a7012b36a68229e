//! What the preprocessor makes of the pages' own markdown. To add a feature:
//! write its file with a `pub const FEATURE: Feature`, and a `mod` line and a
//! place in `FEATURES` below.
//!
//! A feature does not write a new page. It gives edits: a range of the
//! expanded text and what stands there instead. So features do not see, and
//! cannot spoil, what others do.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::block::{Block, blocks};
use crate::page::{Directive, Page, Problem};
use crate::project::Project;
use crate::report::Report;
use crate::workbench::in_parallel;

mod benchmarks;
mod callouts;
mod captions;
mod differences;
mod fences;
mod figures;
mod folded;
mod glossary;
mod pdf;
mod plots;
mod status;

/// Every feature, in the order of their edits at one place.
const FEATURES: &[Feature] = &[
    benchmarks::FEATURE,
    callouts::FEATURE,
    captions::FEATURE,
    differences::FEATURE,
    fences::FEATURE,
    figures::FEATURE,
    folded::FEATURE,
    glossary::FEATURE,
    pdf::FEATURE,
    plots::FEATURE,
    status::FEATURE,
];

pub use captions::{Caption, source_of};
pub use glossary::unused as unused_terms;

/// The names that may stand in `{{#name …}}`, besides `include`.
pub const DIRECTIVES: &[&str] = &[
    "diff", "status", "solution", "answer", "end", "figure", "bench", "plot",
    "pdf",
];

/// One feature.
#[derive(Clone, Copy, Debug)]
struct Feature {
    /// Adds its edits for one page.
    edit: fn(&Site<'_>, &Page, &mut Edits) -> Result<()>,
}

/// What the features know of the book besides the page at hand.
#[derive(Debug)]
struct Site<'a> {
    project: &'a Project,
    terms: Vec<glossary::Term>,
    /// The file's name, if the book is being printed.
    pdf: Option<&'a str>,
}

/// All features, ready for the pages of a book.
#[derive(Debug)]
pub struct Features<'a>(Site<'a>);

impl<'a> Features<'a> {
    /// Reads what the features need.
    ///
    /// # Errors
    /// When the glossary cannot be read.
    pub fn new(project: &'a Project) -> Result<Features<'a>> {
        let terms = glossary::terms(project)?;
        Ok(Features(Site {
            project,
            terms,
            pdf: None,
        }))
    }

    /// The same for a book that is printed, too: into a PDF of this name.
    pub fn with_pdf(mut self, name: Option<&'a str>) -> Features<'a> {
        self.0.pdf = name;
        self
    }

    /// The page as mdBook is to render it.
    ///
    /// # Errors
    /// When a feature cannot do what the page asks for.
    pub fn apply(&self, page: &Page) -> Result<String> {
        let edits = self.edits(page)?;
        // The lint stage lists all problems; a build stops at the first.
        if let Some(problem) =
            page.problems.iter().chain(&edits.problems).next()
        {
            return Err(problem.clone().into());
        }
        edits.apply(page)
    }

    fn edits(&self, page: &Page) -> Result<Edits> {
        let mut edits = Edits::default();
        for feature in FEATURES {
            (feature.edit)(&self.0, page, &mut edits)?;
        }
        Ok(edits)
    }
}

/// Reports what the features find wrong with the pages.
///
/// # Errors
/// When the features cannot begin.
pub fn lint(
    project: &Project,
    pages: &[&Page],
    report: &mut Report,
) -> Result<()> {
    let set = Features::new(project)?;
    let found = in_parallel(pages, |page| set.edits(page));
    for (page, found) in pages.iter().zip(found) {
        match found {
            Ok(edits) => {
                for problem in edits.problems {
                    report.fail(&problem.place, problem.message);
                }
            }
            Err(error) => report.fail(&page.place(1), format!("{error:#}")),
        }
    }
    Ok(())
}

/// The address of the public repository, if the deployment gave one.
pub fn repository(project: &Project) -> Option<String> {
    project
        .config
        .get::<String>("output.html.git-repository-url")
        .ok()
        .flatten()
        .map(|url| url.trim_end_matches('/').to_owned())
        .filter(|url| !url.is_empty())
}

/// Changes to a page's text.
#[derive(Debug, Default)]
struct Edits {
    changes: Vec<(Range<usize>, String)>,
    problems: Vec<Problem>,
}

impl Edits {
    fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.changes.push((range, text.into()));
    }

    fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    fn problem(
        &mut self,
        page: &Page,
        line: usize,
        message: impl Into<String>,
    ) {
        self.problems.push(Problem {
            place: page.place(line),
            message: message.into(),
        });
    }

    fn apply(mut self, page: &Page) -> Result<String> {
        // Stable: insertions at one place stay in the order of the features.
        self.changes
            .sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = String::with_capacity(page.text.len() * 2);
        let mut done = 0;
        for (range, new) in &self.changes {
            if range.start < done {
                bail!(
                    "{}: two features change the same text",
                    page.place(page.line_at(range.start))
                );
            }
            text.push_str(&page.text[done..range.start]);
            text.push_str(new);
            done = range.end;
        }
        text.push_str(&page.text[done..]);
        Ok(text)
    }
}

/// A directive of the page, outside code blocks.
#[derive(Debug)]
struct Found<'p> {
    directive: Directive<'p>,
    /// Its line in the expanded page, counted from 1.
    line: usize,
    /// The line's bytes, without its end.
    range: Range<usize>,
}

fn directives(page: &Page) -> Vec<Found<'_>> {
    let blocks = blocks(page);
    let mut found = Vec::new();
    let mut start = 0;
    for (index, text) in page.text.split_inclusive('\n').enumerate() {
        let range = start..start + text.trim_end().len();
        start += text.len();
        let in_code = blocks
            .iter()
            .any(|block| block.range.contains(&range.start));
        if !in_code && let Some(directive) = Directive::parse(text.trim_end()) {
            found.push(Found {
                directive,
                line: index + 1,
                range,
            });
        }
    }
    found
}

/// The folder of a page, to which its paths are relative.
fn folder(page: &Page) -> PathBuf {
    page.path.parent().unwrap_or(Path::new("")).to_owned()
}

/// The bytes of a block up to the end of its closing fence.
fn extent(page: &Page, block: &Block) -> Range<usize> {
    let text = &page.text[block.range.clone()];
    block.range.start..block.range.start + text.trim_end().len()
}

/// A fence that is longer than any in `code`.
fn fenced(word: &str, code: &str) -> String {
    let longest = code
        .lines()
        .map(|line| line.trim_start().chars().take_while(|&c| c == '`').count())
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let end = if code.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{word}\n{code}{end}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_in_order_and_never_overlap() {
        let page = Page::expand(Path::new("."), Path::new("p.md"), "abcdef\n");
        let mut edits = Edits::default();
        edits.replace(3..4, "X");
        edits.insert(0, "<");
        edits.insert(0, "(");
        assert_eq!(edits.apply(&page).unwrap(), "<(abcXef\n");
        let mut edits = Edits::default();
        edits.replace(1..3, "X");
        edits.replace(2..4, "Y");
        assert!(edits.apply(&page).is_err());
    }

    #[test]
    fn a_fence_outgrows_its_contents() {
        assert_eq!(fenced("rust", "a\n"), "```rust\na\n```");
        assert_eq!(fenced("x", "```\n"), "````x\n```\n````");
    }
}
