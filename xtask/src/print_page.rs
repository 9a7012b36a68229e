//! The page with the whole book on it: it gets a table of contents.

use std::path::Path;

use anyhow::{Context as _, Result};
use book_figures::text::{escape, inline};
use html5gum::{Token, Tokenizer};
use mdbook_preprocessor::book::{Book, BookItem};

/// Where mdBook puts it, if the book has one.
const PAGE: &str = "print.html";

/// What stands before every page but the first.
const BREAK: &str =
    "<div style=\"break-before: page; page-break-before: always;\"></div>";

/// Puts the contents before the first page.
///
/// # Errors
/// When the page is not what this version of mdBook writes.
pub fn add_contents(book: &Book, title: &str, folder: &Path) -> Result<()> {
    let path = folder.join(PAGE);
    let Ok(html) = std::fs::read_to_string(&path) else {
        return Ok(());
    };
    let start = html.find("<main>").context("print.html has no <main>")?;
    let start = start + "<main>".len();
    // A heading's id in this page: another one than in its own page, if two
    // pages have the same heading.
    let ids: Vec<Option<String>> =
        html[start..].split(BREAK).map(first_heading).collect();
    let mut list = String::new();
    let mut ids = ids.into_iter();
    entries(&book.items, &mut ids, &mut list);
    let contents = format!(
        "\n<nav class=\"contents\" aria-label=\"Contents\">\n\
         <p class=\"title\">{}</p>\n{list}</nav>\n{BREAK}\n",
        escape(title)
    );
    let whole = [&html[..start], &contents, &html[start..]].concat();
    std::fs::write(path, whole)?;
    Ok(())
}

/// A line for each page, the pages below it indented.
fn entries(
    items: &[BookItem],
    ids: &mut impl Iterator<Item = Option<String>>,
    list: &mut String,
) {
    list.push_str("<ul>\n");
    for item in items {
        match item {
            BookItem::PartTitle(title) => {
                *list +=
                    &format!("<li class=\"part\">{}</li>\n", inline(title));
            }
            BookItem::Chapter(chapter) if chapter.path.is_some() => {
                let name = inline(&chapter.name);
                *list += &match ids.next().flatten() {
                    Some(id) => {
                        format!("<li><a href=\"#{}\">{name}</a>", escape(&id))
                    }
                    None => format!("<li>{name}"),
                };
                if !chapter.sub_items.is_empty() {
                    list.push('\n');
                    entries(&chapter.sub_items, ids, list);
                }
                list.push_str("</li>\n");
            }
            _ => {}
        }
    }
    list.push_str("</ul>\n");
}

fn first_heading(html: &str) -> Option<String> {
    Tokenizer::new(html)
        .flatten()
        .find_map(|token| match token {
            Token::StartTag(tag) if tag.name[..] == *b"h1" => {
                let id = tag.attributes.get(&b"id"[..])?;
                Some(String::from_utf8_lossy(id).into_owned())
            }
            _ => None,
        })
}
