//! `{{#plot CHAPTER GROUP | CASES}}`: a group of measurements as lines, made from
//! what `cargo xtask bench` has stored. After the `|` stands what the cases
//! count: the name of the axis.

use anyhow::{Context as _, Result, anyhow, ensure};
use book_figures::{Measurement, Plot};

use super::benchmarks::Group;
use super::{Edits, Feature, Site, directives};
use crate::page::Page;

pub const FEATURE: Feature = Feature { edit };

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    for found in directives(page) {
        if found.directive.name != "plot" {
            continue;
        }
        match plot(site, found.directive.argument) {
            Ok(html) => edits.replace(found.range, html),
            Err(error) => {
                edits.problem(page, found.line, format!("{error:#}"));
            }
        }
    }
    Ok(())
}

fn plot(site: &Site<'_>, argument: &str) -> Result<String> {
    let usage = "write {{#plot CHAPTER GROUP | WHAT THE CASES COUNT}}";
    let (what, cases) = argument.split_once('|').context(usage)?;
    let (chapter, name) =
        what.trim().split_once(char::is_whitespace).context(usage)?;
    let cases = cases.trim();
    ensure!(!cases.is_empty(), usage);
    let group = Group::load(site.project, chapter, name.trim())?;
    let rows: Vec<Measurement<'_>> = group
        .rows
        .iter()
        .map(|row| Measurement {
            peer: &row.peer,
            case: &row.case,
            min: row.min,
            median: row.median,
            max: row.max,
        })
        .collect();
    anyhow::ensure!(
        !group.unit.is_empty(),
        "the group {:?} has several units, which one axis can't show",
        group.name
    );
    let drawn = Plot::new(&group.name, &group.unit, cases, &rows)
        .map_err(|error| anyhow!(error))?
        .html();
    // The table is markdown, which needs blank lines around it in HTML.
    let (remark, of_table) = group.remarks_of_lines();
    Ok(format!(
        "{drawn}\n<details class=\"plot-table\"><summary>The numbers as a \
         table</summary>\n\n{}\n{of_table}\n</details>\n\n{remark}",
        group.table_under(&format!("{cases} ({}, {})", group.name, group.unit)),
    ))
}
