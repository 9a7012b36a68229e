//! `{{#pdf}}`: a link to the whole book as a PDF, where one is being made.

use anyhow::Result;
use book_figures::text::escape;

use super::{Edits, Feature, Site, directives};
use crate::page::Page;

pub const FEATURE: Feature = Feature { edit };

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    for found in directives(page) {
        if found.directive.name != "pdf" {
            continue;
        }
        let link = site.pdf.map(|name| {
            let name = escape(name);
            format!(
                "<p class=\"pdf\"><a href=\"{name}\">The whole book as a \
                 PDF</a>, to be read on paper or without a network.</p>"
            )
        });
        edits.replace(found.range, link.unwrap_or_default());
    }
    Ok(())
}
