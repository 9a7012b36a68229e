//! What a reader unfolds when ready: `{{#answer}}` … `{{#end}}`, and
//! `{{#solution FILE}}` with a tested source in it.

use anyhow::Result;
use book_figures::text::escape;

use super::{Edits, Feature, Site, directives, fenced, folder};
use crate::page::{Excerpt, Page};

pub const FEATURE: Feature = Feature { edit };

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    let mut open: Option<usize> = None;
    for found in directives(page) {
        let argument = found.directive.argument;
        match found.directive.name {
            "answer" => {
                if open.replace(found.line).is_some() {
                    edits.problem(page, found.line, "an answer in an answer");
                }
                let title = if argument.is_empty() {
                    "Answer"
                } else {
                    argument
                };
                edits.replace(
                    found.range,
                    format!(
                        "<details class=\"answer\">\n<summary>{}</summary>\n",
                        escape(title)
                    ),
                );
            }
            "end" => {
                if open.take().is_none() {
                    edits.problem(page, found.line, "nothing ends here");
                }
                edits.replace(found.range, "\n</details>");
            }
            "solution" => {
                match Excerpt::read(&site.project.root, &folder(page), argument)
                {
                    Ok(file) => edits.replace(
                        found.range,
                        format!(
                            "<details class=\"solution\">\n<summary>A \
                             solution: <code>{}</code></summary>\n\n{}\n\n\
                             </details>",
                            escape(&site.project.shown(&file.file)),
                            fenced("rust,noplayground", &file.rust_text())
                        ),
                    ),
                    Err(error) => {
                        edits.problem(page, found.line, format!("{error:#}"));
                    }
                }
            }
            _ => {}
        }
    }
    if let Some(line) = open {
        edits.problem(page, line, "this answer has no {{#end}}");
    }
    Ok(())
}
