//! The words on fences: those for the tests are taken off, `noplayground` is
//! put on where the playground could not run the block, and what the reader
//! should know is said under the block.

use anyhow::Result;
use book_figures::text::escape;
use cargo_metadata::TargetKind;

use super::{Edits, Feature, Site, extent};
use crate::block::{Block, CONSOLE_WORDS, Kind, blocks, samples};
use crate::page::Page;

pub const FEATURE: Feature = Feature { edit };

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    for block in blocks(page) {
        let extent = extent(page, &block);
        let line = page.text[extent.clone()].lines().next().unwrap_or("");
        let ticks = line.len() - line.trim_start_matches(['`', '~']).len();
        let words: Vec<&str> = match block.kind() {
            Kind::Rust => rust_words(site, &block),
            _ => block.words.iter().take(1).map(String::as_str).collect(),
        };
        edits.replace(
            extent.start + ticks..extent.start + line.len(),
            words.join(","),
        );
        if block.kind() == Kind::Console {
            // The reader sees the sample; the marks are for the tests.
            let start = extent.start + line.len();
            for range in samples(&page.text[start..extent.end]) {
                let (from, to) = (start + range.start, start + range.end);
                edits.replace(from..from + 2, "");
                edits.replace(to - 1..to, "");
            }
        }
        let remarks = remarks(&block);
        if !remarks.is_empty() {
            edits.insert(
                extent.end,
                format!(
                    "\n\n<p class=\"remark\">{}</p>\n",
                    escape(&remarks.join(" "))
                ),
            );
        }
    }
    Ok(())
}

fn rust_words<'b>(site: &Site<'_>, block: &'b Block) -> Vec<&'b str> {
    let mut words: Vec<&str> = block
        .words
        .iter()
        .map(String::as_str)
        .filter(|word| *word != "listing")
        .collect();
    let own = site.project.packages().into_iter().any(|package| {
        package
            .targets
            .iter()
            .filter(|target| target.is_kind(TargetKind::Lib))
            .any(|target| mentions(&block.code, &target.name.replace('-', "_")))
    });
    let elsewhere =
        mentions(&block.code, "crate::") || mentions(&block.code, "super::");
    if (own || elsewhere || block.has("listing")) && !block.has("noplayground")
    {
        words.push("noplayground");
    }
    words
}

/// Does `name` stand in the code as a word of its own?
fn mentions(code: &str, name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        !code[..at].ends_with(inside)
            && (name.ends_with(':')
                || !code[at + name.len()..].starts_with(inside))
    })
}

fn remarks(block: &Block) -> Vec<String> {
    let mut remarks = Vec::new();
    if block.kind() == Kind::Console {
        let mut places: Vec<&str> = Vec::new();
        for word in &block.words[1..] {
            if CONSOLE_WORDS.contains(&word.as_str()) {
                places.push(match word.as_str() {
                    "linux" => "Linux",
                    "macos" => "macOS",
                    "windows" => "Windows",
                    "unix" => "Unix",
                    "x86_64" => "x86-64",
                    other => other,
                });
            }
        }
        if !places.is_empty() {
            remarks.push(format!("On {}.", places.join(", ")));
        }
        if !samples(&block.code).is_empty() {
            remarks.push("Measured numbers vary from run to run.".into());
        }
        if block.exit_code() != 0 {
            remarks.push(format!("Exit status {}.", block.exit_code()));
        }
    }
    let code = matches!(block.kind(), Kind::Rust | Kind::Console);
    if let Some(reason) = block.note("unchecked").filter(|_| code) {
        remarks.push(format!("Not run by the book's tests: {reason}."));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_words() {
        assert!(mentions("use ch03_raw::x;", "ch03_raw"));
        assert!(!mentions("use ch03_raw2::x;", "ch03_raw"));
        assert!(!mentions("my_ch03_raw();", "ch03_raw"));
        assert!(mentions("crate::x()", "crate::"));
    }
}
