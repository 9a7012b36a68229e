//! What a reader unfolds when ready: `{{#answer}}` … `{{#end}}`, and
//! `{{#solution FILE}}` with what a tested solution changes in its exercise.

use anyhow::Result;
use book_figures::text::escape;
use similar::TextDiff;

use super::{Edits, Feature, Site, differences, directives, fenced, folder};
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
            "solution" => match solution(site, page, argument) {
                Ok(text) => edits.replace(found.range, text),
                Err(error) => {
                    edits.problem(page, found.line, format!("{error:#}"));
                }
            },
            _ => {}
        }
    }
    if let Some(line) = open {
        edits.problem(page, line, "this answer has no {{#end}}");
    }
    Ok(())
}

/// The solution's own words, and what it changes in the exercise. The whole
/// solution where there is no exercise beside it.
fn solution(site: &Site<'_>, page: &Page, argument: &str) -> Result<String> {
    let read =
        |path: &str| Excerpt::read(&site.project.root, &folder(page), path);
    let solution = read(argument)?;
    let text = solution.text();
    let (head, code) = split_head(&text);
    let listing = match read(&argument.replace("/solutions/", "/exercises/")) {
        Ok(stub) if stub.file != solution.file => {
            let stub = stub.text();
            let diff = TextDiff::from_lines(split_head(&stub).1, code);
            fenced("diff", &differences::changes(&diff))
        }
        _ => fenced("rust,noplayground", &solution.rust_text()),
    };
    // The first paragraph names the exercise, whose solution this is.
    let words = head
        .split_once("\n\n")
        .map_or(String::new(), |(_, rest)| format!("{rest}\n\n"));
    Ok(format!(
        "<details class=\"solution\">\n<summary>A solution: \
         <code>{}</code></summary>\n\n{words}{listing}\n\n</details>",
        escape(&site.project.shown(&solution.file))
    ))
}

/// A source as the text of its inner documentation, and what follows.
fn split_head(text: &str) -> (String, &str) {
    let mut rest = text;
    let mut head = String::new();
    while let Some(line) = rest.strip_prefix("//!") {
        let (line, after) = line.split_once('\n').unwrap_or((line, ""));
        head += line.strip_prefix(' ').unwrap_or(line);
        head.push('\n');
        rest = after;
    }
    (head, rest.trim_start_matches('\n'))
}
