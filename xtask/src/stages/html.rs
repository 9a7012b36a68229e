//! Raw HTML in a page: pictures with alternative text, and no code that was
//! meant to be in back quotes.

use crate::page::Page;
use crate::report::Report;

/// The elements that a page may use.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "br",
    "code",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "hr",
    "i",
    "img",
    "kbd",
    "li",
    "ol",
    "p",
    "path",
    "pre",
    "q",
    "rect",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
    "var",
    "wbr",
    "circle",
    "g",
    "line",
];

/// The name of a tag that HTML does not know: `Box<dyn Error>` in the prose,
/// without back quotes, is one to Markdown.
fn unknown_tag(line: &str) -> Option<&str> {
    line.split('<').skip(1).find_map(|rest| {
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let name = &rest[..end.unwrap_or(rest.len())];
        // An element of one's own has a hyphen.
        let known = name.contains('-') || ELEMENTS.contains(&name);
        (!known).then_some(name)
    })
}

/// Pictures in raw HTML need alternative text too.
pub fn check(page: &Page, first: usize, html: &str, report: &mut Report) {
    for (index, line) in html.lines().enumerate() {
        let place = page.place(first + index);
        if let Some(name) = unknown_tag(line) {
            report.fail(
                &place,
                format!(
                    "<{name}> is not an HTML element: put code into back quotes"
                ),
            );
        }
        if line.contains("<img") {
            report.checked += 1;
            if !line.contains("alt=") {
                report.fail(&place, "an image needs alternative text: alt=…");
            }
        }
        if line.contains("<svg") {
            report.checked += 1;
            let named = ["aria-label", "aria-labelledby", "aria-hidden"]
                .iter()
                .any(|attribute| html.contains(attribute));
            if !named {
                report.fail(
                    &place,
                    "a drawing needs alternative text: role=\"img\" and \
                     aria-label=…",
                );
            }
        }
    }
}
