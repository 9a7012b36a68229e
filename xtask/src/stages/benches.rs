//! Each benchmark runs, once for one iteration, and still measures what the
//! stored tables say. How fast anything is, is no test.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{Context, Elsewhere, Lane, Stage};
use crate::bench::{self, Row};
use crate::report::Report;

pub const STAGE: Stage = Stage {
    name: "benches",
    about: "each benchmark runs once and measures what the tables show",
    lane: Lane::Programs,
    elsewhere: Elsewhere::Not("nothing is measured in an emulator"),
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let measured = bench::measured(cx.project);
    for package in cx.packages() {
        if !measured.iter().any(|other| other.name == package.name) {
            continue;
        }
        let mut key = cx.key();
        key.package(package)?;
        let check = format!("bench {}", package.name);
        let stored = match bench::load(cx.project, &package.name) {
            Ok(stored) => stored,
            Err(error) => {
                report.fail_at(check, format!("{error:#}"));
                continue;
            }
        };
        let locked = bench::versions(cx.project, &stored.rows)?;
        let other = |(peer, version): (&String, &String)| {
            stored.versions.get(peer) != Some(version)
        };
        if locked.iter().any(other) {
            report.fail_at(
                cx.project.shown(&bench::file(cx.project, &package.name)),
                format!(
                    "measured with {:?}; Cargo.lock has {locked:?}: `cargo \
                     xtask bench {}` measures again",
                    stored.versions, package.name
                ),
            );
        }
        let wanted = names(&stored.rows);
        let key = key.text(&format!("{wanted:?}")).finish();
        report.checked += wanted.len();
        if cx.cache.has_passed(&check, key) {
            report.unchanged += wanted.len();
            continue;
        }
        cx.progress.step(package.name.as_str());
        let rows = bench::run(cx.project, package, true)?;
        let got = names(&rows);
        if got == wanted {
            cx.cache.passed(&check, key);
            continue;
        }
        cx.cache.failed(&check);
        let list = |names: BTreeSet<&String>| {
            names.into_iter().cloned().collect::<Vec<_>>().join(", ")
        };
        report.fail_at(
            cx.project.shown(&bench::file(cx.project, &package.name)),
            format!(
                "only in the table: {}\nonly in the benchmark: {}\n\
                 `cargo xtask bench {}` measures again",
                list(wanted.difference(&got).collect()),
                list(got.difference(&wanted).collect()),
                package.name
            ),
        );
    }
    Ok(())
}

/// What was measured, without the numbers.
fn names(rows: &[Row]) -> BTreeSet<String> {
    rows.iter()
        .map(|row| format!("{} {} {}", row.group, row.peer, row.case))
        .collect()
}
