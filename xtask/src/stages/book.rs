//! The book builds without a warning, and every page is there.

use anyhow::Result;

use super::{Context, Elsewhere, Lane, Stage};
use crate::book::html_name;
use crate::report::Report;

pub const STAGE: Stage = Stage {
    name: "book",
    about: "the book builds without a warning",
    lane: Lane::Pages,
    elsewhere: Elsewhere::Not("the book is the same"),
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let (folder, warnings) = cx.built_book()?;
    for warning in warnings {
        report.fail_at("book.toml", warning.as_str());
    }
    for page in &cx.project.pages {
        report.checked += 1;
        let inside = page.path.strip_prefix(cx.project.src())?;
        let html = folder.join(html_name(inside));
        if !html.is_file() {
            report.fail(
                &page.place(1),
                format!("{} was not built", html.display()),
            );
        }
    }
    Ok(())
}
