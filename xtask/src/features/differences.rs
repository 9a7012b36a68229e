//! `{{#diff OLD NEW}}`: the difference between two sources, or two anchors,
//! made from the files as they are.

use anyhow::{Context as _, Result, ensure};
use book_figures::text::escape;
use similar::{ChangeTag, TextDiff};

use super::{Edits, Feature, Site, directives, fenced, folder};
use crate::page::{Excerpt, Page};

pub const FEATURE: Feature = Feature { edit };

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    for found in directives(page) {
        if found.directive.name != "diff" {
            continue;
        }
        match difference(site, page, found.directive.argument) {
            Ok(text) => edits.replace(found.range, text),
            Err(error) => {
                edits.problem(page, found.line, format!("{error:#}"));
            }
        }
    }
    Ok(())
}

fn difference(site: &Site<'_>, page: &Page, argument: &str) -> Result<String> {
    let (old, new) = argument
        .split_once(char::is_whitespace)
        .context("write {{#diff OLD-FILE[:ANCHOR] NEW-FILE[:ANCHOR]}}")?;
    let read = |spec: &str| {
        Excerpt::read(&site.project.root, &folder(page), spec.trim())
    };
    let (old, new) = (read(old)?, read(new)?);
    let (old_text, new_text) = (old.text(), new.text());
    let diff = TextDiff::from_lines(&old_text, &new_text);
    let count = |tag: ChangeTag| {
        diff.iter_all_changes().filter(|c| c.tag() == tag).count()
    };
    let (added, removed) = (count(ChangeTag::Insert), count(ChangeTag::Delete));
    ensure!(added + removed > 0, "{argument}: there is no difference");
    let name = |excerpt: &Excerpt| {
        let name = excerpt.file.file_name().unwrap_or_default();
        escape(&name.to_string_lossy())
    };
    let title = if old.file == new.file {
        format!("Within <code>{}</code>", name(&new))
    } else {
        format!(
            "From <code>{}</code> to <code>{}</code>",
            name(&old),
            name(&new)
        )
    };
    Ok(format!(
        "<figure class=\"listing difference\">\n<figcaption><span>\
         {title}</span> {} added, {removed} removed</figcaption>\n\n{}\n\n</figure>",
        lines(added),
        fenced("diff", &changes(&diff))
    ))
}

/// What has changed, with three lines around it.
pub fn changes(diff: &TextDiff<'_, '_, str>) -> String {
    let mut text = String::new();
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        if !text.is_empty() {
            text.push_str("...\n");
        }
        for change in hunk.iter_changes() {
            text += &format!("{}{}", change.tag(), change);
        }
    }
    text
}

fn lines(count: usize) -> String {
    match count {
        1 => "1 line".to_owned(),
        _ => format!("{count} lines"),
    }
}
