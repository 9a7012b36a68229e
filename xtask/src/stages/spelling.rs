//! The spelling of the prose, with a British Hunspell dictionary and the
//! book's own words.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use spellbook::Dictionary;

use super::{Context, Elsewhere, Lane, Stage};
use crate::block::markdown_options;
use crate::report::Report;

pub const STAGE: Stage = Stage {
    name: "spelling",
    about: "the prose's words are in the dictionary or in the book's own list",
    lane: Lane::Text,
    elsewhere: Elsewhere::Not("it reads the text"),
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let Some(affixes) = dictionary() else {
        report.skip("a Hunspell dictionary en_GB (Debian: hunspell-en-gb)");
        return Ok(());
    };
    let read = |path: &Path| {
        std::fs::read(path)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .with_context(|| path.display().to_string())
    };
    let dictionary = Dictionary::new(
        &read(&affixes)?,
        &read(&affixes.with_extension("dic"))?,
    )
    .map_err(|error| anyhow!("the dictionary: {error}"))?;
    let list = cx.project.root.join(cx.project.src()).join("words.txt");
    let own: HashSet<String> = std::fs::read_to_string(&list)
        .unwrap_or_default()
        .lines()
        .map(|word| word.trim().to_owned())
        .collect();
    for page in cx.pages() {
        let mut code = false;
        let mut seen = HashSet::new();
        let parser = Parser::new_ext(&page.text, markdown_options());
        for (event, range) in parser.into_offset_iter() {
            match event {
                Event::Start(Tag::CodeBlock(_)) => code = true,
                Event::End(TagEnd::CodeBlock) => code = false,
                Event::Text(text) if !code => {
                    for word in words(&text) {
                        report.checked += 1;
                        if dictionary.check(word)
                            || own.contains(word)
                            || own.contains(&word.to_lowercase())
                            || !seen.insert(word.to_owned())
                        {
                            continue;
                        }
                        let mut near = Vec::new();
                        dictionary.suggest(word, &mut near);
                        near.truncate(3);
                        report.fail(
                            &page.place(page.line_at(range.start)),
                            format!(
                                "{word:?} is not in the dictionary{}; a word \
                                 of the trade goes into {}",
                                if near.is_empty() {
                                    String::new()
                                } else {
                                    format!(" ({}?)", near.join(", "))
                                },
                                cx.project.shown(&list)
                            ),
                        );
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn dictionary() -> Option<PathBuf> {
    [
        "/usr/share/hunspell",
        "/usr/share/myspell",
        "/usr/local/share/hunspell",
    ]
    .iter()
    .map(|folder| Path::new(folder).join("en_GB.aff"))
    .find(|file| file.is_file())
}

/// Words in ordinary letters. What has digits, an underscore or a capital
/// inside is a name, not a word.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| {
        !c.is_alphanumeric() && !['\'', '’', '_', '.', '/'].contains(&c)
    })
    .map(|word| word.trim_matches(['\'', '’', '.', '/', '_']))
    .map(|word| word.strip_suffix("'s").unwrap_or(word))
    .filter(|word| {
        word.len() > 1
            && !word.contains(['_', '.', '/'])
            && !word.contains(|c: char| c.is_ascii_digit())
            && !word.chars().skip(1).any(char::is_uppercase)
    })
}
