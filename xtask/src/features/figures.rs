//! `{{#figure NAME}}`: a recorded figure.

use anyhow::{Result, anyhow};

use super::{Edits, Feature, Site, directives};
use crate::figure::store;
use crate::page::Page;

pub const FEATURE: Feature = Feature { edit };

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    for found in directives(page) {
        if found.directive.name != "figure" {
            continue;
        }
        match html(site, page, found.directive.argument) {
            Ok(html) => edits.replace(found.range, html),
            Err(error) => {
                edits.problem(page, found.line, format!("{error:#}"));
            }
        }
    }
    Ok(())
}

fn html(site: &Site<'_>, page: &Page, name: &str) -> Result<String> {
    let project = site.project;
    let recording = store::file(project, name, "json");
    let inside = recording.strip_prefix(project.root.join(project.src()))?;
    let depth =
        page.path.components().count() - project.src().components().count() - 1;
    let address = format!("{}{}", "../".repeat(depth), inside.display());
    if let Some(definition) = store::measured(project, name)? {
        let figure = store::measurements(project, name, definition)?;
        return figure.html(&address).map_err(|error| anyhow!(error));
    }
    if let Some(definition) = store::model(project, name)? {
        let (model, _) = store::whole_model(project, name, definition)?;
        return model.html(&address).map_err(|error| anyhow!(error));
    }
    let html = match store::graph(project, name)? {
        Some(definition) => {
            let (graph, _) = store::whole_graph(project, name, definition)?;
            graph.html(&address)
        }
        None => {
            let definition = store::definition(project, name)?;
            store::figure(project, name, definition)?.html(&address)
        }
    };
    html.map_err(|error| anyhow!(error))
}
