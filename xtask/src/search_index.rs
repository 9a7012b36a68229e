//! What the search of the built book knows.
//!
//! mdBook's index has every word of a page: the files that readers unfold and
//! the steps of the figures, too. They are two thirds of all, and a search for
//! a term led to them before the page that explains it. So the index is made
//! again without them, in mdBook's own format and with the library that it uses.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use elasticlunr::{Index, IndexBuilder};
use html5gum::{StartTag, Token, Tokenizer};
use serde_json::Value;

/// The file is a script with the index in a text.
const BEFORE: &str =
    "window.search = Object.assign(window.search, JSON.parse('";
const AFTER: &str = "'));";

/// The fields of a section, in mdBook's order.
const FIELDS: [&str; 3] = ["title", "body", "breadcrumbs"];

/// Longer words are not indexed, as in mdBook.
const LONGEST: usize = 80;

/// What a reader unfolds, or sees elsewhere: never searched.
const LEFT_OUT: &[(&str, &str)] = &[
    ("details", "whole-file"),
    ("details", "solution"),
    ("details", "fig-table"),
    ("details", "plot-table"),
    ("figure", "difference"),
];
/// The figures that a script brings to life.
const FIGURE: &str = "by-hand-";

/// Makes the index of the book in `folder` again, if it has one.
///
/// # Errors
/// When the index is not what this version of mdBook writes.
pub fn shorten(folder: &Path) -> Result<()> {
    let Some(file) = index_file(folder)? else {
        return Ok(());
    };
    let script = std::fs::read_to_string(&file)?;
    let json = script
        .strip_prefix(BEFORE)
        .and_then(|rest| rest.strip_suffix(AFTER))
        .with_context(|| format!("{} is of another form", file.display()))?;
    let mut search: Value = serde_json::from_str(&unescape(json))?;
    search["index"] = serde_json::to_value(again(folder, &search)?)?;
    let json = serde_json::to_string(&search)?;
    let json = json.replace('\\', "\\\\").replace('\'', "\\'");
    std::fs::write(&file, format!("{BEFORE}{json}{AFTER}"))?;
    Ok(())
}

fn index_file(folder: &Path) -> Result<Option<PathBuf>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("searchindex") && name.ends_with(".js") {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// A JavaScript text as mdBook writes it: a backslash before a backslash or a
/// quotation mark.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        out.push(if c == '\\' {
            rest.next().unwrap_or(c)
        } else {
            c
        });
    }
    out
}

/// The index of the same sections, with what is searched of them.
fn again(folder: &Path, search: &Value) -> Result<Index> {
    let mut index = FIELDS
        .iter()
        .fold(IndexBuilder::new(), |builder, field| {
            builder.add_field_with_tokenizer(field, Box::new(words))
        })
        .build();
    let urls = search["doc_urls"].as_array().context("no doc_urls")?;
    let sections = &search["index"]["documentStore"]["docs"];
    let mut pages: HashMap<&str, HashMap<String, String>> = HashMap::new();
    for (number, url) in urls.iter().enumerate() {
        let url = url.as_str().context("an address is a text")?;
        let (page, id) = url.split_once('#').unwrap_or((url, ""));
        if !pages.contains_key(page) {
            let html = std::fs::read_to_string(folder.join(page))
                .with_context(|| format!("the index names {page}"))?;
            pages.insert(page, searched(&html));
        }
        let Some(body) = pages.get(page).and_then(|page| page.get(id)) else {
            bail!("the index names {url}, and there is no such heading");
        };
        let section = &sections[number.to_string()];
        let field = |name: &str| section[name].as_str().unwrap_or_default();
        ensure!(!field("title").is_empty(), "{url} has no title");
        let reference = number.to_string();
        index.add_doc(&reference, [field("title"), body, field("breadcrumbs")]);
    }
    Ok(index)
}

/// What is searched in the sections of a page, by their heading's id. What
/// stands before the first heading is under "".
fn searched(html: &str) -> HashMap<String, String> {
    let main = html.find("<main>").map_or(html, |at| &html[at..]);
    let main = main.find("</main>").map_or(main, |end| &main[..end]);
    let mut all: HashMap<String, String> = HashMap::new();
    let mut id = String::new();
    let mut heading = false;
    // What is left out, and how many of its name are open.
    let mut out: Option<(Vec<u8>, usize)> = None;
    for token in Tokenizer::new(main).flatten() {
        match (token, &mut out) {
            (Token::StartTag(tag), Some((name, open))) => {
                *open += usize::from(tag.name[..] == name[..]);
            }
            (Token::EndTag(tag), Some((name, open))) => {
                *open -= usize::from(tag.name[..] == name[..]);
                if *open == 0 {
                    out = None;
                }
            }
            (Token::StartTag(tag), None) => {
                if is_left_out(&tag) {
                    out = Some((tag.name.to_vec(), 1));
                } else if matches!(&tag.name[..], b"h1" | b"h2")
                    && let Some(of) = attribute(&tag, b"id")
                {
                    id = of;
                    heading = true;
                }
                all.entry(id.clone()).or_default().push(' ');
            }
            (Token::EndTag(tag), None) => {
                heading &= !matches!(&tag.name[..], b"h1" | b"h2");
            }
            (Token::String(text), None) if !heading => {
                let text = String::from_utf8_lossy(&text);
                all.entry(id.clone()).or_default().push_str(&text);
            }
            _ => {}
        }
    }
    for text in all.values_mut() {
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    all
}

fn is_left_out(tag: &StartTag<()>) -> bool {
    let class = attribute(tag, b"class").unwrap_or_default();
    let name = String::from_utf8_lossy(&tag.name);
    let listed = LEFT_OUT.iter().any(|(element, one)| {
        name == *element && class.split_whitespace().any(|c| c == *one)
    });
    listed || name.starts_with(FIGURE) || matches!(&*name, "script" | "style")
}

fn attribute(tag: &StartTag<()>, name: &[u8]) -> Option<String> {
    let value = tag.attributes.get(name)?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// As in mdBook, so that a search is cut into words like the text; but with the
/// apostrophe that a keyboard has.
fn words(text: &str) -> Vec<String> {
    let text = text.replace('\u{2019}', "'");
    text.split(|c: char| c.is_whitespace() || c == '-')
        .filter(|word| !word.is_empty() && word.len() <= LONGEST)
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_folded_away_is_not_searched() {
        let html = "<nav>menu</nav><main><p>before</p><h1 id=\"a\">Title</h1>\
            <p>one &amp; two</p><details class=\"whole-file x\"><details>in\
            </details>out</details><p>three</p><h2 id=\"b\">Second</h2>\
            <figure class=\"recorded\"><figcaption>caption</figcaption>\
            <by-hand-figure>steps</by-hand-figure></figure>\
            <details class=\"answer\">an answer</details></main><p>after</p>";
        let found = searched(html);
        assert_eq!(found[""], "before");
        assert_eq!(found["a"], "one & two three");
        assert_eq!(found["b"], "caption an answer");
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn a_script_text_is_read_back() {
        let json = r#"{"a": "it's \"b\" \\ c"}"#;
        let written = json.replace('\\', "\\\\").replace('\'', "\\'");
        assert_eq!(unescape(&written), json);
    }
}
