//! Turns of phrase that sound translated, and what to write instead.
//!
//! Readers of the first chapters stumbled over the same ones again and again.
//! Here are those that a machine can tell from good English.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::Context;
use crate::page::{Page, Place};
use crate::report::Report;

/// What is not to be written, in lower case, and what to write instead.
const AVOID: &[(&str, &str)] = &[
    ("inside of", "inside"),
    ("outside of", "outside"),
    ("some dozen", "a few dozen"),
    ("some hundred", "a few hundred"),
    ("some hundreds", "a few hundred"),
    ("some thousand", "a few thousand"),
    ("some thousands", "a few thousand"),
    ("by a factor of some", "by a small factor"),
    ("goes on", "continues"),
    ("does not come to an end", "never finishes"),
    ("tells readiness", "reports readiness"),
    ("tells completion", "reports completion"),
    ("turn round and round", "spin"),
    ("turns round and round", "spins"),
    ("at full load", "burning a whole core"),
    ("dear", "expensive"),
    ("what one can", "what you can"),
    ("how does one", "how do you"),
    ("oneself", "yourself"),
    ("who comes first", "whichever comes first"),
    ("since that is", "because that is"),
    ("1 lines", "1 line"),
];

/// Before these, the words are good English after all.
const AFTER_ALL: &[(&str, &str)] = &[
    ("goes on", "what"),
    ("inside of", "the"),
    ("outside of", "the"),
];

/// Looks at the pages, the texts of their figures, and what stands beside the
/// crates.
pub fn check(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    for page in cx.pages() {
        report.checked += 1;
        for (offset, length, instead) in found(&prose(page)) {
            let place = page.place(page.line_at(offset));
            tell(&place, &page.text[offset..offset + length], instead, report);
        }
    }
    for file in documents(cx)? {
        report.checked += 1;
        let path = cx.project.root.join(&file);
        let text = std::fs::read_to_string(&path)
            .with_context(|| path.display().to_string())?;
        document(&file, &text, report);
    }
    Ok(())
}

/// Looks at the comments of a source file.
pub fn source(file: &Path, text: &str, report: &mut Report) {
    document(file, &comments(text), report);
}

fn document(file: &Path, text: &str, report: &mut Report) {
    for (offset, length, instead) in found(text) {
        let line = text[..offset].matches('\n').count() + 1;
        let words = &text[offset..offset + length];
        tell(&Place::new(file, line), words, instead, report);
    }
}

fn tell(place: &Place, words: &str, instead: &str, report: &mut Report) {
    let words: Vec<&str> = words.split_whitespace().collect();
    report.fail(
        place,
        format!("{:?}: write {instead:?}", words.join(" ").to_lowercase()),
    );
}

/// The page with spaces in place of its blocks, byte for byte.
fn prose(page: &Page) -> String {
    let mut text = page.text.clone();
    for block in crate::block::blocks(page) {
        text.replace_range(block.range.clone(), &" ".repeat(block.range.len()));
    }
    text
}

/// The file with spaces in place of its code and of the marks of comments,
/// byte for byte.
fn comments(text: &str) -> String {
    let line = |line: &str| {
        let start = line.trim_start();
        let marks = start.len() - start.trim_start_matches(['/', '!']).len();
        let blank = match start.starts_with("//") {
            true => line.len() - start.len() + marks,
            false => line.trim_end().len(),
        };
        format!("{}{}", " ".repeat(blank), &line[blank..])
    };
    text.split_inclusive('\n').map(line).collect()
}

fn documents(cx: &Context<'_>) -> Result<Vec<PathBuf>> {
    let root = &cx.project.root;
    let mut found = Vec::new();
    if cx.only.is_empty() {
        found.push("README.md".into());
        found.push("CONTRIBUTING.md".into());
        for file in cx.project.files(&root.join(cx.project.src()))? {
            if file.extension().is_some_and(|ending| ending == "toml") {
                found.push(file.strip_prefix(root)?.to_owned());
            }
        }
    }
    for package in cx.packages() {
        let readme = crate::project::folder(package).join("README.md");
        found.push(cx.project.shown(&readme).into());
    }
    found.retain(|file| root.join(file).is_file());
    Ok(found)
}

/// Where one of the phrases stands, whatever the spaces and line ends between
/// its words, with its length in bytes and what to write instead.
fn found(text: &str) -> Vec<(usize, usize, &'static str)> {
    let words: Vec<(usize, String)> = words(text);
    let mut found = Vec::new();
    for (index, (start, _)) in words.iter().enumerate() {
        for (phrase, instead) in AVOID {
            let parts = phrase.split(' ');
            let count = parts.clone().count();
            let here = words.get(index..index + count).unwrap_or_default();
            if here.is_empty()
                || !parts.eq(here.iter().map(|(_, w)| w.as_str()))
            {
                continue;
            }
            let before = index.checked_sub(1).map(|i| words[i].1.as_str());
            let good = AFTER_ALL
                .iter()
                .any(|(what, after)| what == phrase && before == Some(after));
            // A sentence that ends between them parts the words.
            let (last, word) = &here[count - 1];
            let end = last + word.len();
            if !good && !text[*start..end].contains(['.', ',', ':', ';', '`']) {
                found.push((*start, end - start, *instead));
            }
        }
    }
    found
}

/// The words of a text in lower case, with where they begin.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let inside = c.is_ascii_alphanumeric() || c == '\'';
        match (start, inside) {
            (None, true) => start = Some(at),
            (Some(begin), false) => {
                found.push((begin, text[begin..at].to_ascii_lowercase()));
                start = None;
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> Vec<&str> {
        found(text)
            .into_iter()
            .map(|(at, length, _)| &text[at..at + length])
            .collect()
    }

    #[test]
    fn phrases_are_found_across_lines_and_in_whole_words() {
        assert_eq!(says("It is Inside\n  of it."), ["Inside\n  of"]);
        assert_eq!(says("dearest, a dear one"), ["dear"]);
        assert_eq!(says("what goes on; the inside of it"), [""; 0]);
        assert_eq!(says("it goes. On"), [""; 0]);
        let code = comments("let dear = 1; // é\n    /// It is\n  //! dear.\n");
        assert_eq!(says(&code), ["dear"]);
    }
}
