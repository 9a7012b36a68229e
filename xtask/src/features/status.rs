//! `{{#status}}`: what a chapter's page can honestly say of its crate, made
//! from the crate's manifest, from the pages, and from the record of what was
//! run and what was built.
//!
//! The manifest's table `[package.metadata.book]` has `example` (the program
//! to run) and `proved` (by which tools). On which platforms the tests have
//! run is recorded, and can't be typed.

use anyhow::{Context as _, Result, bail};
use book_figures::text::inline;
use cargo_metadata::{Package, TargetKind};

use super::{Edits, Feature, Site, directives};
use crate::block::blocks;
use crate::cross::record::{self, Done, Row};
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
    for typed in ["run", "built"] {
        if !facts[typed].is_null() {
            bail!(
                "{}: {typed} is not typed but recorded: cargo xtask test \
                 crates --record",
                site.project.shown(package.manifest_path.as_std_path())
            );
        }
    }
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
    let mut recorded = record::load(site.project)?;
    recorded.retain(|row| row.chapter == chapter);
    rows.extend(platforms(&recorded)?);
    let proved = facts["proved"].as_array().into_iter().flatten();
    let proved: Vec<String> = proved
        .filter_map(|item| item.as_str())
        .map(inline)
        .collect();
    if !proved.is_empty() {
        rows.push(("Checked by", proved.join("; ")));
    }
    let mut html = "<dl class=\"status\">\n".to_owned();
    for (title, text) in rows {
        html += &format!("<div><dt>{title}</dt><dd>{text}</dd></div>\n");
    }
    Ok(html + "</dl>\n")
}

/// Where the tests have run, what was only built, and when and how that was.
fn platforms(recorded: &[Row]) -> Result<Vec<(&'static str, String)>> {
    let (mut run, mut built) = (Vec::new(), Vec::new());
    let mut times: Vec<String> = Vec::new();
    for row in recorded {
        match row.done {
            Done::Run => run.push(ran(row)?),
            Done::Built => built.push(inline(row.platform()?.name)),
            Done::Linked => {
                let name = inline(row.platform()?.name);
                built.push(format!("{name} (linked)"));
            }
        }
        let time = format!("{}, {}", inline(&row.date), inline(&row.rustc));
        if !times.contains(&time) {
            times.push(time);
        }
    }
    let mut rows = Vec::new();
    if !run.is_empty() {
        rows.push(("Tests run on", run.join("; ")));
    }
    if !built.is_empty() {
        rows.push(("Only built for", built.join(", ")));
    }
    if !times.is_empty() {
        let how = "<code>cargo xtask test crates</code>";
        let elsewhere = "<code>--target</code>";
        rows.push((
            "When and how",
            format!("{}; {how}, elsewhere with {elsewhere}", times.join("; ")),
        ));
    }
    Ok(rows)
}

/// One platform, with how many tests have passed, and by what they were run.
fn ran(row: &Row) -> Result<String> {
    let name = inline(row.platform()?.name);
    let by = match &row.by {
        Some(by) => format!(" by {}", inline(by)),
        None => String::new(),
    };
    // Those that said so have passed, too.
    let tests = row.count.saturating_sub(row.left_out);
    let left_out = match row.left_out {
        0 => String::new(),
        count => format!("; {count} more had nothing to test there"),
    };
    Ok(format!("{name}{by} ({tests} tests{left_out})"))
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
