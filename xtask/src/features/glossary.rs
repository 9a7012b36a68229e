//! Each term is defined once, in the glossary: a definition list. Its first
//! use on every other page becomes a link to it.
//!
//! In the built book each term is a heading with its definition below it. The
//! search knows sections only: so a search for a term finds what it means.

use std::collections::HashSet;
use std::ops::Range;
use std::path::PathBuf;

use anyhow::Result;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::{Edits, Feature, Site, directives};
use crate::block::markdown_options;
use crate::page::{Page, Place};
use crate::project::Project;

pub const FEATURE: Feature = Feature { edit };

/// A term of the glossary.
#[derive(Debug)]
pub struct Term {
    /// Its words, in lower case.
    words: Vec<String>,
    /// The end of its address.
    id: String,
}

fn page_path(project: &Project) -> Result<PathBuf> {
    let name: Option<String> = project.setting("glossary")?;
    Ok(project.src().join(name.as_deref().unwrap_or("glossary.md")))
}

/// The terms of the glossary, the longest first; none if there is no such
/// page.
///
/// # Errors
/// When book.toml is wrong.
pub fn terms(project: &Project) -> Result<Vec<Term>> {
    let path = page_path(project)?;
    let Some(page) = project.pages.iter().find(|page| page.path == path) else {
        return Ok(Vec::new());
    };
    let mut terms = Vec::new();
    for title in titles(page) {
        let name = title.text.as_str();
        terms.push(Term {
            words: name.split_whitespace().map(str::to_lowercase).collect(),
            id: id(name),
        });
    }
    terms.sort_by_key(|term| {
        let letters: usize = term.words.iter().map(String::len).sum();
        std::cmp::Reverse((term.words.len(), letters))
    });
    Ok(terms)
}

/// Terms that no page uses: nobody comes to their definitions by reading.
pub fn unused(project: &Project) -> Result<Vec<(Place, String)>> {
    let glossary = page_path(project)?;
    let all = terms(project)?;
    let mut used = vec![false; all.len()];
    let mut titles_at = Vec::new();
    for page in &project.pages {
        if page.path == glossary {
            titles_at = titles(page)
                .into_iter()
                .map(|title| {
                    let line = page.line_at(title.range.start);
                    (page.place(line), title.text)
                })
                .collect();
        } else {
            // In a heading or in back quotes it is no link, but it is there.
            let words: Vec<String> = page
                .text
                .split(|c: char| !is_word(c))
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            for (term, used) in all.iter().zip(&mut used) {
                let length = term.words.len();
                *used |= words.windows(length).any(|some| some == term.words);
            }
            for (_, index) in uses(page, &all) {
                used[index] = true;
            }
        }
    }
    let is_used = |text: &str| {
        let id = id(text);
        all.iter()
            .zip(&used)
            .any(|(term, used)| term.id == id && *used)
    };
    titles_at.retain(|(_, text)| !is_used(text));
    Ok(titles_at)
}

struct Title {
    text: String,
    range: Range<usize>,
}

fn titles(page: &Page) -> Vec<Title> {
    let mut titles = Vec::new();
    let mut title: Option<Title> = None;
    let parser = Parser::new_ext(&page.text, markdown_options());
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(Tag::DefinitionListTitle) => {
                title = Some(Title {
                    text: String::new(),
                    range,
                });
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(title) = &mut title {
                    title.text.push_str(&text);
                }
            }
            Event::End(TagEnd::DefinitionListTitle) => {
                titles.extend(title.take());
            }
            _ => {}
        }
    }
    titles
}

fn id(name: &str) -> String {
    let id: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    format!("term-{id}")
}

/// The glossary itself: definition lists become sections.
fn edit_glossary(page: &Page, edits: &mut Edits) {
    let mut ids = HashSet::new();
    for title in titles(page) {
        let id = id(&title.text);
        let text = &page.text[title.range.clone()];
        let end = title.range.start + text.trim_end().len();
        edits.insert(title.range.start, "## ");
        edits.insert(end, format!(" {{#{id} .term}}\n"));
        if !ids.insert(id) {
            edits.problem(
                page,
                page.line_at(title.range.start),
                format!("{:?} is defined twice", title.text),
            );
        }
    }
    let parser = Parser::new_ext(&page.text, markdown_options());
    for (event, range) in parser.into_offset_iter() {
        if !matches!(event, Event::Start(Tag::DefinitionListDefinition)) {
            continue;
        }
        // The mark, and the indentation of the lines that follow.
        let mut start = range.start;
        for line in page.text[range].split_inclusive('\n') {
            let text = line.trim_start_matches([':', ' ']);
            let mark = line.len() - text.len();
            edits.replace(start..start + mark, "");
            start += line.len();
        }
    }
}

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    let glossary = page_path(site.project)?;
    if page.path == glossary {
        edit_glossary(page, edits);
        return Ok(());
    }
    let depth = page.path.components().count()
        - 1
        - site.project.src().components().count();
    let inside = glossary.strip_prefix(site.project.src())?;
    let target = format!("{}{}", "../".repeat(depth), inside.display());
    let mut used = vec![false; site.terms.len()];
    for (range, index) in uses(page, &site.terms) {
        if !std::mem::replace(&mut used[index], true) {
            let id = &site.terms[index].id;
            edits.insert(range.start, "[");
            edits.insert(range.end, format!("]({target}#{id})"));
        }
    }
    Ok(())
}

/// Where a page uses which of the terms.
fn uses(page: &Page, terms: &[Term]) -> Vec<(Range<usize>, usize)> {
    let linkable = linkable(page);
    let mut found = Vec::new();
    let mut at = 0;
    while at < page.text.len() {
        if !linkable[at] || !starts_word(&page.text, at) {
            at += 1;
            continue;
        }
        let first = page.text.as_bytes()[at].to_ascii_lowercase();
        let term = terms.iter().enumerate().find_map(|(index, term)| {
            // Most words begin no term: that is soon seen.
            let begins = term.words.first()?.as_bytes().first() == Some(&first);
            begins.then_some(())?;
            let end = matched(&page.text, at, &term.words)?;
            linkable[at..end].iter().all(|&l| l).then_some((index, end))
        });
        let Some((index, end)) = term else {
            at += 1;
            continue;
        };
        found.push((at..end, index));
        at = end;
    }
    found
}

/// The bytes of the page that are plain prose: no heading, link, code, HTML,
/// directive.
fn linkable(page: &Page) -> Vec<bool> {
    let mut plain = vec![false; page.text.len()];
    let mut barred = 0;
    let parser = Parser::new_ext(&page.text, markdown_options());
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(
                Tag::Heading { .. }
                | Tag::Link { .. }
                | Tag::Image { .. }
                | Tag::CodeBlock(_)
                | Tag::HtmlBlock,
            ) => barred += 1,
            Event::End(
                TagEnd::Heading(_)
                | TagEnd::Link
                | TagEnd::Image
                | TagEnd::CodeBlock
                | TagEnd::HtmlBlock,
            ) => barred -= 1,
            Event::Text(_) | Event::SoftBreak if barred == 0 => {
                plain[range].fill(true);
            }
            _ => {}
        }
    }
    for found in directives(page) {
        // The path of a file is no prose.
        plain[found.range].fill(false);
    }
    plain
}

fn starts_word(text: &str, at: usize) -> bool {
    text.is_char_boundary(at)
        && text[at..].starts_with(char::is_alphanumeric)
        && !text[..at].ends_with(is_word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// The end of `words` at this place of the text, a plural included.
fn matched(text: &str, at: usize, words: &[String]) -> Option<usize> {
    let mut end = at;
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            let blanks = text[end..].len() - text[end..].trim_start().len();
            let gap = &text[end..end + blanks];
            if blanks == 0 || gap.matches('\n').count() > 1 {
                return None;
            }
            end += blanks;
        }
        let candidate = text.get(end..end + word.len())?;
        if !candidate.eq_ignore_ascii_case(word) {
            return None;
        }
        end += word.len();
    }
    let rest = &text[end..];
    for plural in ["es", "s", ""] {
        if let Some(after) = rest.strip_prefix(plural)
            && !after.starts_with(is_word)
        {
            return Some(end + plural.len());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn terms_match_whole_words_plurals_and_across_lines() {
        let words = ["system".to_owned(), "call".to_owned()];
        assert_eq!(matched("System calls.", 0, &words), Some(12));
        assert_eq!(matched("a system\ncall b", 2, &words), Some(13));
        assert_eq!(matched("system calling", 0, &words), None);
        assert_eq!(matched("system\n\ncall", 0, &words), None);
        assert_eq!(matched("system cäll", 0, &words), None);
    }

    #[test]
    fn each_term_becomes_a_section() {
        let text = "# Glossary\n\nWords.\n\nevent queue\n: What tells of\n  \
                    `a` and b.\n\n`epoll`\n: One.\n\nepoll\n: Two.\n";
        let page = Page::expand(Path::new("."), Path::new("g.md"), text);
        let mut edits = Edits::default();
        edit_glossary(&page, &mut edits);
        assert_eq!(edits.problems.len(), 1);
        assert_eq!(
            edits.problems[0].to_string(),
            "g.md:12: \"epoll\" is defined twice"
        );
        assert_eq!(
            edits.apply(&page).unwrap(),
            "# Glossary\n\nWords.\n\n## event queue {#term-event-queue .term}\n\n\
             What tells of\n`a` and b.\n\n## `epoll` {#term-epoll .term}\n\n\
             One.\n\n## epoll {#term-epoll .term}\n\nTwo.\n"
        );
    }

    #[test]
    fn identifiers_are_simple() {
        assert_eq!(id("I/O event queue"), "term-i-o-event-queue");
    }
}
