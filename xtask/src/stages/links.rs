//! Every link, image, script and fragment of the built book leads somewhere,
//! and every link to a source leads to a line that is there.
//!
//! Nothing is fetched: a link to another site is checked for its form only.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use html5gum::{Token, Tokenizer};
use percent_encoding::percent_decode_str;

use super::{Context, Elsewhere, Lane, Stage};
use crate::book::html_name;
use crate::page::{Page, tidy};
use crate::report::Report;
use crate::repository;
use crate::workbench::in_parallel;

pub const STAGE: Stage = Stage {
    name: "links",
    about: "links, fragments and source links of the built book",
    lane: Lane::Pages,
    elsewhere: Elsewhere::Not("the book is the same"),
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let (book, _) = cx.built_book()?;
    // A link into the repository leads to any file.
    let key = || Ok(cx.key().book()?.built(&book)?.finish());
    cx.unless_passed(STAGE.name, key, report, |report| check(cx, &book, report))
}

fn check(cx: &Context<'_>, book: &Path, report: &mut Report) -> Result<()> {
    let mut files = repository::every_file(book)?;
    files.retain(|file| file.extension().is_some_and(|e| e == "html"));
    let parsed = in_parallel(&files, |file| {
        let text = std::fs::read_to_string(file)
            .with_context(|| file.display().to_string())?;
        let inside = file.strip_prefix(book)?.to_owned();
        Ok((inside, Document::parse(&text)))
    });
    let documents = parsed.into_iter().collect::<Result<HashMap<_, _>>>()?;
    // Where a page's author wrote a link; generated documents have no author.
    let pages: HashMap<PathBuf, &Page> = cx
        .pages()
        .into_iter()
        .filter_map(|page| {
            let inside = page.path.strip_prefix(cx.project.src()).ok()?;
            Some((html_name(inside), page))
        })
        .collect();
    // The build copies pages into such documents: what is wrong in a page is
    // told once, there.
    let mut generated = Vec::new();
    let site = site_path(cx);
    let mut names: Vec<&PathBuf> = documents.keys().collect();
    names.sort();
    for name in names {
        let page = pages.get(name);
        if page.is_none() && !cx.only.is_empty() {
            continue;
        }
        for link in &documents[name].links {
            report.checked += 1;
            let wrong = match site.as_deref().and_then(|s| link.strip_prefix(s))
            {
                Some(inside) => {
                    follow(book, Path::new("index.html"), inside, &documents)
                }
                None => follow(book, name, link, &documents),
            };
            let wrong = wrong.or_else(|| source_link(cx, link));
            if let Some(message) = wrong {
                match page {
                    Some(page) => {
                        report.fail(&page.place(line_of(page, link)), message);
                    }
                    None => generated
                        .push((cx.project.shown(&book.join(name)), message)),
                }
            }
        }
    }
    if report.failures.is_empty() {
        for (document, message) in generated {
            report.fail_at(document, message);
        }
    }
    Ok(())
}

/// The path under which the site will be served: the 404 page uses it.
fn site_path(cx: &Context<'_>) -> Option<String> {
    cx.project
        .config
        .get::<String>("output.html.site-url")
        .ok()
        .flatten()
        .filter(|path| path.len() > 1)
}

/// What a document offers and where it points.
#[derive(Debug, Default)]
struct Document {
    ids: HashSet<String>,
    links: Vec<String>,
}

impl Document {
    fn parse(html: &str) -> Document {
        let mut document = Document::default();
        for token in Tokenizer::new(html) {
            let Ok(Token::StartTag(tag)) = token else {
                continue;
            };
            for (name, value) in &tag.attributes {
                let value = String::from_utf8_lossy(value).into_owned();
                match &name[..] {
                    b"id" => _ = document.ids.insert(value),
                    b"href" | b"src" if &tag.name[..] != b"base" => {
                        document.links.push(value);
                    }
                    _ => {}
                }
            }
        }
        document.links.sort();
        document.links.dedup();
        document
    }
}

/// What is wrong with a link on the document `from`, if anything.
fn follow(
    book: &Path,
    from: &Path,
    link: &str,
    documents: &HashMap<PathBuf, Document>,
) -> Option<String> {
    if ["https://", "mailto:", "data:"]
        .iter()
        .any(|s| link.starts_with(s))
    {
        return link
            .contains(char::is_whitespace)
            .then(|| format!("{link:?} has a blank in it"));
    }
    if link.starts_with("http://") {
        return Some(format!("{link}: use https"));
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let path = path.split('?').next().unwrap_or_default();
    let mut target = if path.is_empty() {
        from.to_owned()
    } else {
        let folder = from.parent().unwrap_or(Path::new(""));
        tidy(&folder.join(decoded(path)))
    };
    if path.ends_with('/') || target.as_os_str().is_empty() {
        target.push("index.html");
    }
    if !book.join(&target).is_file() {
        return Some(format!("{link}: there is no {}", target.display()));
    }
    if fragment.is_empty() {
        return None;
    }
    let document = documents.get(&target)?;
    let found = document.ids.contains(fragment)
        || document.ids.contains(&decoded(fragment));
    (!found)
        .then(|| format!("{link}: {} has no id {fragment:?}", target.display()))
}

/// A link into the repository names a file that is here, and lines that it
/// has.
fn source_link(cx: &Context<'_>, link: &str) -> Option<String> {
    let repository = crate::features::repository(cx.project)?;
    let inside = link.strip_prefix(&repository)?;
    let path = inside.strip_prefix("/blob/HEAD/")?;
    let (path, lines) = path.split_once("#L").unwrap_or((path, "1"));
    let file = cx.project.root.join(path);
    let Ok(text) = std::fs::read_to_string(&file) else {
        return Some(format!("{link}: there is no {path} here"));
    };
    let last = lines.rsplit("-L").next()?.parse::<usize>().ok()?;
    let count = text.lines().count();
    (last > count)
        .then(|| format!("{link}: {path} has {count} lines, not {last}"))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The line of the page that has this link, or its first line.
fn line_of(page: &Page, link: &str) -> usize {
    let written = link.replace(".html", ".md");
    let fragment = link.rsplit('#').next().unwrap_or(link);
    [link, written.as_str(), fragment]
        .iter()
        .find_map(|text| {
            let at = page.text.find(text)?;
            Some(page.line_at(at))
        })
        .unwrap_or(1)
}
