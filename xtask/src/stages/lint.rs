//! What can be seen wrong with the pages' text without running anything.

use std::collections::HashMap;

use anyhow::Result;

use super::{Context, Elsewhere, Lane, Stage, english, fences, prose, unseen};
use crate::block::{Block, Kind, blocks};
use crate::features;
use crate::page::{Directive, Page, Place};
use crate::report::Report;

pub const STAGE: Stage = Stage {
    name: "lint",
    about: "fences, includes, headings, sizes of listings and pages, images",
    lane: Lane::Text,
    elsewhere: Elsewhere::Not("it reads the text"),
    run,
};

/// The bounds of a page; book.toml can set others.
#[derive(Debug)]
struct Bounds {
    listing_lines: usize,
    listing_columns: usize,
    page_words: usize,
}

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let key = || Ok(cx.key().book()?.finish());
    cx.unless_passed(STAGE.name, key, report, |report| check(cx, report))
}

fn check(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let setting = |key: &str, default: usize| -> Result<usize> {
        Ok(cx.project.setting(key)?.unwrap_or(default))
    };
    let bounds = Bounds {
        listing_lines: setting("listing-lines", 35)?,
        listing_columns: setting("listing-columns", 80)?,
        page_words: setting("page-words", 1200)?,
    };
    if cx.only.is_empty() {
        summary(cx, report)?;
        for (place, term) in features::unused_terms(cx.project)? {
            report.fail(&place, format!("no page uses the term {term:?}"));
        }
    }
    let mut slugs = HashMap::new();
    let mut counts = Counts::default();
    for page in cx.pages() {
        for problem in &page.problems {
            report.fail(&problem.place, problem.message.as_str());
        }
        report.checked += page.included.len();
        directives(page, report);
        for block in blocks(page) {
            report.checked += 1;
            counts.add(&block);
            fences::check(page, &block, report);
            listing(page, &block, &bounds, &mut slugs, report);
        }
        prose::check(page, bounds.page_words, report);
    }
    features::lint(cx.project, &cx.pages(), report)?;
    unseen::check(cx, report)?;
    english::check(cx, report)?;
    report.remark(counts.to_string());
    Ok(())
}

/// The summary promises nothing that is not there, and names every page.
fn summary(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let src = cx.project.src();
    let summary = src.join("SUMMARY.md");
    let text = std::fs::read_to_string(cx.project.root.join(&summary))?;
    for (index, line) in text.lines().enumerate() {
        if line.trim_end().ends_with("]()") {
            report.fail(
                &Place::new(&summary, index + 1),
                "a chapter that is promised and not there",
            );
        }
    }
    let not_found: Option<String> = cx.project.config.get(NOT_FOUND)?;
    let not_found = src.join(not_found.as_deref().unwrap_or("404.md"));
    let pages = &cx.project.pages;
    for file in cx.project.files(&cx.project.root.join(src))? {
        let file = file.strip_prefix(&cx.project.root)?;
        if file.extension().is_some_and(|ending| ending == "md")
            && file != summary
            && file != not_found
            && !pages.iter().any(|page| {
                page.path == file || page.included.iter().any(|f| f == file)
            })
        {
            report.fail(
                &Place::new(file, 1),
                format!("{} does not name this page", summary.display()),
            );
        }
    }
    Ok(())
}

/// Where book.toml names the page for addresses that lead nowhere.
const NOT_FOUND: &str = "output.html.input-404";

/// How many blocks there are of each class.
#[derive(Debug, Default)]
struct Counts {
    listings: usize,
    snippets: usize,
    programs: usize,
    compile_fail: usize,
    console: usize,
    outputs: usize,
    data: usize,
    unchecked: usize,
}

impl Counts {
    fn add(&mut self, block: &Block) {
        let counter = if block.note("unchecked").is_some() {
            &mut self.unchecked
        } else if block.has("listing") {
            &mut self.listings
        } else if block.is_program() {
            &mut self.programs
        } else if block.is_snippet() {
            &mut self.snippets
        } else if block.is_compile_fail() {
            &mut self.compile_fail
        } else if block.kind() == Kind::Console {
            &mut self.console
        } else if block.kind() == Kind::Output {
            &mut self.outputs
        } else {
            &mut self.data
        };
        *counter += 1;
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "blocks: {} listings, {} snippets, {} programs, {} compile_fail, {} console, \
             {} outputs, {} data, {} unchecked with a reason",
            self.listings,
            self.snippets,
            self.programs,
            self.compile_fail,
            self.console,
            self.outputs,
            self.data,
            self.unchecked
        )
    }
}

fn directives(page: &Page, report: &mut Report) {
    for (index, line) in page.text.lines().enumerate() {
        let known = features::DIRECTIVES;
        let Some(directive) = Directive::parse(line) else {
            let inside = known.iter().find(|name| {
                let start = format!("{{{{#{name}");
                line.contains(&format!("{start} "))
                    || line.contains(&format!("{start}}}}}"))
            });
            if let Some(name) = inside
                && !line.contains("\\{{")
            {
                report.fail(
                    &page.place(index + 1),
                    format!("{{{{#{name}}}}} stands alone on its line"),
                );
            }
            continue;
        };
        // A failed include is reported by the page itself.
        if directive.name != "include" && !known.contains(&directive.name) {
            report.fail(
                &page.place(index + 1),
                format!(
                    "{{{{#{}}}}} is unknown; there are: include, {}",
                    directive.name,
                    known.join(", ")
                ),
            );
        }
    }
}

fn listing(
    page: &Page,
    block: &Block,
    bounds: &Bounds,
    slugs: &mut HashMap<String, String>,
    report: &mut Report,
) {
    let height = block.visible().count();
    if height > bounds.listing_lines {
        report.fail(
            &block.place(page),
            format!(
                "the listing has {height} lines; at most {} are allowed",
                bounds.listing_lines
            ),
        );
    }
    for (number, line) in block.visible() {
        let width = block.width(line);
        if width > bounds.listing_columns {
            report.fail(
                &block.place_of(page, number),
                format!(
                    "the line has {width} columns; at most {} are allowed",
                    bounds.listing_columns
                ),
            );
        }
        if line.trim_start().starts_with("/// # ") {
            report.fail(
                &block.place_of(page, number),
                "a heading of documentation in a listing: begin it at the \
                 signature",
            );
        }
    }
    match features::Caption::of(block) {
        Some(caption) => {
            report.checked += 1;
            let here = block.place(page);
            let good = !caption.slug.is_empty()
                && caption.slug.chars().all(|c| {
                    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
                });
            if !good || caption.text.is_empty() {
                report.fail(
                    &here,
                    "write <!-- listing: a-slug | A caption -->, the slug of \
                     lower-case letters, digits and hyphens",
                );
            }
            if let Some(other) =
                slugs.insert(caption.slug.to_owned(), here.to_string())
            {
                report.fail(
                    &here,
                    format!("{} has the slug {:?} too", other, caption.slug),
                );
            }
        }
        None => {
            if features::source_of(page, block).is_some() {
                report.fail(
                    &block.place(page),
                    "an included listing needs a caption above it: \
                     <!-- listing: a-slug | A caption -->",
                );
            }
        }
    }
}
