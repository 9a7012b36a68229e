//! `{{#bench CHAPTER GROUP}}`: the table of a group of measurements, made from
//! what `cargo xtask bench` has stored.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use book_figures::Provenance;
use book_figures::text::{escape, measured, thousands};

use super::{Edits, Feature, Site, directives};
use crate::bench::{self, Row};
use crate::page::Page;
use crate::project::Project;

pub const FEATURE: Feature = Feature { edit };

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    let mut told = Vec::new();
    for found in directives(page) {
        if found.directive.name != "bench" {
            continue;
        }
        match load(site, found.directive.argument) {
            Ok(group) => {
                let html =
                    format!("{}\n{}", group.table(), group.remark(&told));
                told.extend([
                    group.measured(),
                    group.small_numbers().to_owned(),
                ]);
                edits.replace(found.range, html);
            }
            Err(error) => {
                edits.problem(page, found.line, format!("{error:#}"));
            }
        }
    }
    Ok(())
}

fn load(site: &Site<'_>, argument: &str) -> Result<Group> {
    let (chapter, name) = argument
        .split_once(char::is_whitespace)
        .context("write {{#bench CHAPTER GROUP}}")?;
    Group::load(site.project, chapter, name.trim())
}

/// The measurements that belong together.
#[derive(Debug, Default)]
pub struct Group {
    /// What the benchmark calls it.
    pub name: String,
    /// Of all numbers in it; empty if the cases have several.
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
    /// When there is none of that name.
    pub fn load(project: &Project, chapter: &str, name: &str) -> Result<Group> {
        let benchmarks = bench::load(project, chapter)?;
        let mut rows: Vec<Row> = benchmarks
            .rows
            .iter()
            .filter(|row| row.group == name)
            .cloned()
            .collect();
        let Some(first) = rows.first() else {
            let mut groups: Vec<&str> =
                benchmarks.rows.iter().map(|r| r.group.as_str()).collect();
            groups.dedup();
            bail!("no group {name:?}; there are: {}", groups.join(", "));
        };
        let mut unit = first.unit.clone();
        // With several units, each case says its own.
        if rows.iter().any(|row| row.unit != unit) {
            unit.clear();
            for row in &mut rows {
                row.case = format!("{}, {}", row.case, row.unit);
            }
        }
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
        match self.unit.as_str() {
            "" => self.table_under(&self.name),
            unit => self.table_under(&format!("{}, {unit}", self.name)),
        }
    }

    /// The same with another head for the column of cases.
    pub fn table_under(&self, head: &str) -> String {
        let rows = &self.rows;
        let peers = self.peers();
        let cases = distinct(rows.iter().map(|row| row.case.as_str()));
        let mut text = format!("| {} |", escape(head));
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
    /// shows; what the page has `told` above, only by a word.
    pub fn remark(&self, told: &[String]) -> String {
        let mut measured = self.measured();
        if told.contains(&measured) {
            measured = "Measured as above.".to_owned();
        }
        let mut small = self.small_numbers();
        if told.iter().any(|told| told == small) {
            small = "";
        }
        remark(&format!("{measured}{small}"))
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
        let what = match self.unit.as_str() {
            BYTES => "Sizes, as the program prints them.".to_owned(),
            _ => format!("Medians of {rounds} interleaved rounds."),
        };
        let (machine, command) = match &self.measured {
            Some(measured) => (measured.sentence(), &*measured.command),
            None => (String::new(), ""),
        };
        format!(
            "{what} {} To measure yours: \
             <code>{}</code>.",
            escape(&machine),
            escape(command),
        )
    }

    fn small_numbers(&self) -> &'static str {
        if self.rows.iter().any(|row| row.instructions.is_some()) {
            " The small numbers are instructions, counted by callgrind: a mean."
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

/// A size is a whole number, and the same each time.
const BYTES: &str = "B";

fn cell(row: &Row) -> String {
    let number = match row.unit.as_str() {
        BYTES => thousands(row.median as u64),
        _ => measured(row.median),
    };
    match row.instructions {
        Some(count) => {
            format!("{number} <small>{}</small>", measured(count))
        }
        None => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_numbers_and_not_medians() {
        let mut row = Row {
            group: "sizes".to_owned(),
            peer: "a".to_owned(),
            case: "1".to_owned(),
            unit: "ns".to_owned(),
            median: 24.0,
            min: 24.0,
            max: 24.0,
            rounds: 1,
            per_iteration: 1,
            instructions: None,
        };
        let group = |row: &Row| Group {
            unit: row.unit.clone(),
            rows: vec![row.clone()],
            ..Group::default()
        };
        assert!(group(&row).table().contains("| 24.0 |"));
        let first = group(&row);
        assert!(first.remark(&[]).contains("Medians of 1"));
        let again = first.remark(&[first.measured()]);
        assert!(again.contains("as above") && !again.contains("Medians"));
        row.unit = BYTES.to_owned();
        assert!(group(&row).table().contains("| 24 |"));
        assert!(!group(&row).remark(&[]).contains("Medians"));
    }

    #[test]
    fn small_numbers_are_explained_where_they_stand() {
        let mut group = Group {
            rows: vec![Row {
                group: "wait".to_owned(),
                peer: "a".to_owned(),
                case: "1".to_owned(),
                unit: "ns".to_owned(),
                median: 1.0,
                min: 1.0,
                max: 1.0,
                rounds: 3,
                per_iteration: 1,
                instructions: None,
            }],
            ..Group::default()
        };
        let (_, table) = group.remarks_of_lines();
        assert_eq!(table, "");
        group.rows[0].instructions = Some(12.0);
        let (lines, table) = group.remarks_of_lines();
        assert!(!lines.contains("small numbers"), "{lines}");
        assert!(table.contains("small numbers"), "{table}");
        assert!(group.remark(&[]).contains("small numbers"));
    }
}
