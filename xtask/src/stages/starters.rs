//! Each chapter is taken away as a reader would take it, then built and tested
//! where this workspace is out of reach.
//!
//! The chapter's own tests run there, and the example that its page names. The
//! packages that come along are built: their tests run in their own starters.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use cargo_metadata::Package;

use super::{Context, Elsewhere, Lane, Stage};
use crate::process;
use crate::project::folder;
use crate::report::Report;
use crate::starter;
use crate::workbench::BUILD_LIMIT;

pub const STAGE: Stage = Stage {
    name: "starters",
    about: "each chapter taken away builds and passes its tests",
    lane: Lane::Programs,
    elsewhere: Elsewhere::Not("the crates stage runs the same tests"),
    run,
};

/// An example of a starter takes a moment; more means that it hangs.
const LIMIT: Duration = Duration::from_secs(300);

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let mut changed = Vec::new();
    for package in cx.chapters() {
        let key = cx.key().package(package)?.finish();
        report.checked += 1;
        if cx.cache.has_passed(&check(package), key) {
            report.unchanged += 1;
        } else {
            changed.push((package, key));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    // One after the other: what two of them have in `libs` lies in the same
    // place, so cargo takes the one for the other and builds it again.
    for (package, key) in changed {
        cx.progress.step(package.name.as_str());
        let starter = Starter::take(cx, package, folder.path())?;
        let before = report.failures.len();
        starter.check(report)?;
        if report.failures.len() == before {
            cx.cache.passed(&check(package), key);
        } else {
            cx.cache.failed(&check(package));
        }
    }
    Ok(())
}

fn check(package: &Package) -> String {
    format!("starter {}", package.name)
}

/// A chapter that was taken away.
#[derive(Debug)]
struct Starter<'a> {
    cx: &'a Context<'a>,
    package: &'a Package,
    dir: PathBuf,
    example: Option<String>,
}

impl<'a> Starter<'a> {
    fn take(
        cx: &'a Context<'a>,
        package: &'a Package,
        folder: &Path,
    ) -> Result<Starter<'a>> {
        let dir = folder.join(package.name.as_str());
        let written = starter::write(cx.project, &package.name, &dir)?;
        Ok(Starter {
            cx,
            package,
            dir,
            example: written.example,
        })
    }

    fn check(&self, report: &mut Report) -> Result<()> {
        for file in starter::traces(self.cx.project, &self.dir)? {
            report.fail_at(
                check(self.package),
                format!("{} names this project's folder", file.display()),
            );
        }
        let mut test = self.cargo(&["test", "--quiet", "--locked"])?;
        let tested = process::run(&mut test, 2 * BUILD_LIMIT)?;
        if !tested.success() {
            report.fail_at(
                check(self.package),
                format!(
                    "cargo test {}:\n{}",
                    tested.ending(),
                    self.at_home(&tested.output)
                ),
            );
            // The example would say the same again.
            return Ok(());
        }
        let Some(example) = &self.example else {
            return Ok(());
        };
        let mut run =
            self.cargo(&["run", "--quiet", "--locked", "--example", example])?;
        let ran = process::run(&mut run, LIMIT)?;
        if !ran.success() {
            report.fail_at(
                check(self.package),
                format!(
                    "example {example} {}:\n{}",
                    ran.ending(),
                    self.at_home(&ran.output)
                ),
            );
        }
        Ok(())
    }

    /// A cargo command in the starter. The libraries from the registry are
    /// built already, with the workspace's settings: they are shared.
    fn cargo(&self, arguments: &[&str]) -> Result<Command> {
        let project = self.cx.project;
        let mut command = process::cargo(&self.dir, &project.target());
        command.args(arguments);
        for (key, setting) in &project.dev_profile()? {
            let name = key.to_uppercase().replace('-', "_");
            let setting = setting.as_value().context("a table")?;
            let text = match setting.as_str() {
                Some(text) => text.to_owned(),
                None => setting.to_string(),
            };
            command.env(format!("CARGO_PROFILE_DEV_{name}"), text.trim());
        }
        Ok(command)
    }

    /// The output with the names that the files have in the project: nobody
    /// can look into the starter any more.
    fn at_home(&self, output: &str) -> String {
        let project = self.cx.project;
        let shown = |package: &Package| project.shown(folder(package)) + "/";
        let dir = format!("{}/", self.dir.display());
        let mut text = output.to_owned();
        for member in project.with_dependencies(self.package) {
            let place = starter::library(&member.name);
            let home = shown(member);
            text = text.replace(&format!("{dir}{place}/"), &home);
            text =
                text.replace(&format!("--> {place}/"), &format!("--> {home}"));
        }
        let home = shown(self.package);
        for place in ["src", "tests", "examples", "exercises", "benches"] {
            let at = format!("--> {place}/");
            text = text.replace(&at, &format!("--> {home}{place}/"));
        }
        text.replace(&dir, &home)
    }
}
