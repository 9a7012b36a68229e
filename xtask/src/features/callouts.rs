//! The four callouts: `> [!PITFALL]` and so on become titled quotations in
//! the form of mdBook's own admonitions.

use anyhow::Result;

use super::{Edits, Feature, Site};
use crate::block::blocks;
use crate::page::Page;

pub const FEATURE: Feature = Feature { edit };

/// The word in the page, the title that the reader sees, and the colour:
/// mdBook's class for it.
const CALLOUTS: &[(&str, &str, &str)] = &[
    ("NOTE", "Note", "note"),
    ("PITFALL", "Pitfall", "warning"),
    ("PLATFORM", "Platform", "tip"),
    ("SOUNDNESS", "Soundness", "important"),
];

fn edit(_site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    let blocks = blocks(page);
    let mut start = 0;
    let mut open = false;
    for (index, text) in page.text.split_inclusive('\n').enumerate() {
        let at = start;
        start += text.len();
        let in_code = blocks
            .iter()
            .any(|block| block.range.start < at && at < block.range.end);
        let word = text
            .trim_end()
            .strip_prefix("> [!")
            .and_then(|rest| rest.strip_suffix(']'));
        if let Some(word) = word.filter(|_| !in_code) {
            let known = CALLOUTS.iter().find(|(own, _, _)| *own == word);
            let Some((_, title, class)) = known else {
                let names: Vec<_> = CALLOUTS.iter().map(|c| c.0).collect();
                edits.problem(
                    page,
                    index + 1,
                    format!(
                        "no callout is called {word}; there are: {}",
                        names.join(", ")
                    ),
                );
                continue;
            };
            edits.replace(
                at..at + text.trim_end().len(),
                format!(
                    "<blockquote class=\"blockquote-tag \
                     blockquote-tag-{class}\">\n\
                     <p class=\"blockquote-tag-title\">{title}</p>\n"
                ),
            );
            open = true;
        } else if open {
            let marker = text.len()
                - text
                    .strip_prefix("> ")
                    .or_else(|| text.strip_prefix('>'))
                    .map_or(text.len(), str::len);
            if marker == 0 {
                edits.insert(at, "\n</blockquote>\n");
                open = false;
            } else {
                edits.replace(at..at + marker, "");
            }
        }
    }
    if open {
        edits.insert(page.text.len(), "\n</blockquote>\n");
    }
    Ok(())
}
