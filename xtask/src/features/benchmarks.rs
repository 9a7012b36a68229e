//! `{{#bench CHAPTER GROUP}}`: the table of a group of measurements, made from
//! what `cargo xtask bench` has stored.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

use super::{Edits, Feature, Site, directives, escape};
use crate::bench::{self, Row};
use crate::page::Page;
use crate::project::Project;
use crate::provenance::Provenance;

pub const FEATURE: Feature = Feature { edit };

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    for found in directives(page) {
        if found.directive.name != "bench" {
            continue;
        }
        match table(site, found.directive.argument) {
            Ok(html) => edits.replace(found.range, html),
            Err(error) => {
                edits.problem(page, found.line, format!("{error:#}"));
            }
        }
    }
    Ok(())
}

fn table(site: &Site<'_>, argument: &str) -> Result<String> {
    let (chapter, name) = argument
        .split_once(char::is_whitespace)
        .context("write {{#bench CHAPTER GROUP}}")?;
    let group = Group::load(site.project, chapter, name.trim())?;
    Ok(format!("{}\n{}", group.table(), group.remark()))
}

/// The measurements that belong together.
#[derive(Debug, Default)]
pub struct Group {
    /// What the benchmark calls it.
    pub name: String,
    /// Of all numbers in it.
    pub unit: String,
    /// In the order in which they were printed.
    pub rows: Vec<Row>,
    /// The versions of the peers.
    pub versions: BTreeMap<String, String>,
    /// By which command, on what machine, when.
    pub measured: Option<Provenance>,
}

impl Group {
    /// Reads a group of a chapter's measurements.
    ///
    /// # Errors
    /// When there is none of that name, or it has several units.
    pub fn load(project: &Project, chapter: &str, name: &str) -> Result<Group> {
        let benchmarks = bench::load(project, chapter)?;
        let rows: Vec<Row> = benchmarks
            .rows
            .iter()
            .filter(|row| row.group == name)
            .cloned()
            .collect();
        let unit =
            rows.first().map(|row| row.unit.clone()).with_context(|| {
                let mut groups: Vec<&str> =
                    benchmarks.rows.iter().map(|r| r.group.as_str()).collect();
                groups.dedup();
                format!("no group {name:?}; there are: {}", groups.join(", "))
            })?;
        ensure!(
            rows.iter().all(|row| row.unit == unit),
            "the group {name:?} has several units"
        );
        Ok(Group {
            name: name.to_owned(),
            unit,
            rows,
            versions: benchmarks.versions,
            measured: Some(benchmarks.measured),
        })
    }

    /// Who was measured, in the order in which they were printed.
    pub fn peers(&self) -> Vec<&str> {
        distinct(self.rows.iter().map(|row| row.peer.as_str()))
    }

    /// A table in markdown: a row for each case, a column for each peer.
    pub fn table(&self) -> String {
        let rows = &self.rows;
        let peers = self.peers();
        let cases = distinct(rows.iter().map(|row| row.case.as_str()));
        let mut text = format!("| {}, {} |", self.name, escape(&self.unit));
        for peer in &peers {
            let version = self.versions.get(*peer);
            let version = version
                .map(|v| format!(" {}", escape(v)))
                .unwrap_or_default();
            text += &format!(" {}{version} |", escape(peer));
        }
        text += &format!("\n|---|{}\n", "--:|".repeat(peers.len()));
        for case in cases {
            text += &format!("| {} |", escape(case));
            for peer in &peers {
                let row =
                    rows.iter().find(|r| r.case == case && r.peer == *peer);
                let cell = row.map_or_else(|| "–".into(), cell);
                text += &format!(" {cell} |");
            }
            text.push('\n');
        }
        text
    }

    /// On what it was measured, how to measure it, and what else the table
    /// shows.
    pub fn remark(&self) -> String {
        remark(&format!("{}{}", self.measured(), self.small_numbers()))
    }

    /// The same for lines, with the table folded below them.
    pub fn remarks_of_lines(&self) -> (String, String) {
        let small = self.small_numbers();
        let table = match small.trim() {
            "" => String::new(),
            small => remark(small),
        };
        (remark(&self.measured()), table)
    }

    fn measured(&self) -> String {
        let rounds = self.rows.iter().map(|row| row.rounds).min().unwrap_or(0);
        let (machine, command) = match &self.measured {
            Some(measured) => (measured.sentence(), &*measured.command),
            None => (String::new(), ""),
        };
        format!(
            "Medians of {rounds} interleaved rounds. {} To measure yours: \
             <code>{}</code>.",
            escape(&machine),
            escape(command),
        )
    }

    fn small_numbers(&self) -> &'static str {
        if self.rows.iter().any(|row| row.instructions.is_some()) {
            " The small numbers are instructions, counted by callgrind."
        } else {
            ""
        }
    }
}

fn remark(text: &str) -> String {
    format!("<p class=\"remark\">{text}</p>\n")
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn cell(row: &Row) -> String {
    let number = thousands(row.median);
    match row.instructions {
        Some(count) => {
            format!("{number} <small>{}</small>", thousands(count))
        }
        None => number,
    }
}

/// Three digits that mean something, with commas between thousands.
pub fn thousands(value: f64) -> String {
    let text = if value < 10.0 {
        format!("{value:.2}")
    } else if value < 100.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    };
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole.to_owned(), format!(".{fraction}")),
        None => (text, String::new()),
    };
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(1.234), "1.23");
        assert_eq!(thousands(52.36), "52.4");
        assert_eq!(thousands(528.4), "528");
        assert_eq!(thousands(1135.0), "1,135");
        assert_eq!(thousands(1_234_567.0), "1,234,567");
    }
}
