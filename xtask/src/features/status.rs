//! `{{#status}}`: what a chapter's page can honestly say of its crate, made
//! from the crate's manifest and from the pages.
//!
//! The manifest's table `[package.metadata.book]` has `example` (the program
//! to run), `run` and `built` (platforms, with how), and `proved` (by which
//! tools).

use anyhow::{Context as _, Result, bail};
use book_figures::text::inline;
use cargo_metadata::{Package, TargetKind};

use super::{Edits, Feature, Site, directives};
use crate::block::blocks;
use crate::page::Page;
use crate::starter;

pub const FEATURE: Feature = Feature { edit };

/// Prose is read at this many words a minute.
const WORDS_A_MINUTE: usize = 200;
/// A line of code takes this long.
const SECONDS_A_LINE: usize = 3;

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    for found in directives(page) {
        if found.directive.name != "status" {
            continue;
        }
        match status(site, page) {
            Ok(html) => edits.replace(found.range, html),
            Err(error) => {
                edits.problem(page, found.line, format!("{error:#}"));
            }
        }
    }
    Ok(())
}

fn status(site: &Site<'_>, page: &Page) -> Result<String> {
    let chapter = site
        .project
        .chapter_of(page)
        .context("{{#status}} stands on the page of a chapter")?;
    let package = site.project.package(chapter)?;
    let facts = &package.metadata["book"];
    let list = |key: &str| -> Vec<String> {
        let items = facts[key].as_array().into_iter().flatten();
        items.filter_map(|item| item.as_str()).map(inline).collect()
    };
    let mut rows =
        vec![("Reading", format!("{} minutes", minutes(site, chapter)))];
    let command = |text: String| format!("<code>{text}</code>");
    rows.push((
        "Run it",
        command(format!(
            "cargo run -p {chapter} --example {}",
            example(package)?
        )),
    ));
    let zip = starter::archive(site.project, chapter)?;
    let depth = page.path.components().count()
        - 1
        - site.project.src().components().count();
    rows.push((
        "Take it away",
        format!(
            "{}, or <a href=\"{}{zip}\" download>the starter as a zip</a>",
            command(format!("cargo xtask new {chapter} ../mine")),
            "../".repeat(depth),
        ),
    ));
    for (title, key) in [
        ("Tests run on", "run"),
        ("Built for", "built"),
        ("Checked by", "proved"),
    ] {
        let items = list(key);
        if !items.is_empty() {
            rows.push((title, items.join("; ")));
        }
    }
    let mut html = "<dl class=\"status\">\n".to_owned();
    for (title, text) in rows {
        html += &format!("<div><dt>{title}</dt><dd>{text}</dd></div>\n");
    }
    Ok(html + "</dl>\n")
}

fn example(package: &Package) -> Result<&str> {
    let name =
        package.metadata["book"]["example"]
            .as_str()
            .with_context(|| {
                format!(
                    "{} has no example in [package.metadata.book]",
                    package.manifest_path
                )
            })?;
    let known = package
        .targets
        .iter()
        .any(|t| t.is_kind(TargetKind::Example) && t.name == name);
    if !known {
        bail!("{} has no example {name:?}", package.name);
    }
    Ok(name)
}

fn minutes(site: &Site<'_>, chapter: &str) -> usize {
    let mut seconds = 0;
    for page in &site.project.pages {
        if site.project.chapter_of(page) == Some(chapter) {
            let blocks = blocks(page);
            let code: usize =
                blocks.iter().map(|block| block.visible().count()).sum();
            let in_code: usize = blocks
                .iter()
                .map(|block| block.code.split_whitespace().count())
                .sum();
            let words = page.text.split_whitespace().count() - in_code;
            seconds += words * 60 / WORDS_A_MINUTE + code * SECONDS_A_LINE;
        }
    }
    seconds.div_ceil(60).max(1)
}
