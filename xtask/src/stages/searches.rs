//! What readers search for, and the page that has to be found: the browser
//! types them.

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::book::html_name;
use crate::project::Project;
use crate::report::Report;

/// Beside the pages.
const FILE: &str = "searches.toml";

/// The file's lines, `"QUERY" = "PAGE.md"`, as JSON for the browser's check:
/// none if there is no such file. A page that the book does not have is told.
///
/// # Errors
/// When it is no TOML.
pub fn read(project: &Project, report: &mut Report) -> Result<String> {
    let path = project.src().join(FILE);
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Ok("[]".to_owned());
    };
    let shown = project.shown(&path);
    let document =
        toml_edit::Document::parse(&*text).with_context(|| shown.clone())?;
    let mut all = Vec::new();
    for (query, page) in document.iter() {
        let before = page.span().map_or("", |span| &text[..span.start]);
        let line = before.lines().count().max(1);
        let at = format!("{shown}:{line}");
        let page = page.as_str().unwrap_or_default();
        let known = project.src().join(page);
        if !project.pages.iter().any(|one| one.path == known) {
            let message = format!("the book has no page {page:?}");
            report.fail_at(at, message);
            continue;
        }
        let page = html_name(page.as_ref());
        let page = page.to_string_lossy().replace('\\', "/");
        all.push(json!({ "query": query, "page": page, "at": at }));
    }
    Ok(serde_json::to_string(&all)?)
}
