//! The stages of `cargo xtask test`. To add one: write its file with a
//! `pub const STAGE: Stage`, and name it in the lists below.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use cargo_metadata::Package;

use crate::block::{Block, blocks};
use crate::book as mdbook;
use crate::cache::{Cache, Key};
use crate::cross::Cross;
use crate::page::Page;
use crate::progress::Progress;
use crate::project::Project;
use crate::report::{Failure, Report};
use crate::{WrongUse, process, unknown};

mod benches;
mod book;
mod bounds;
mod browser;
mod compile_fail;
mod console;
mod crates;
mod english;
mod exercises;
mod fences;
mod figures;
mod harness;
mod house;
mod html;
pub mod libtest;
mod links;
mod lint;
mod listings;
mod names;
mod outputs;
mod pipes;
mod programs;
mod prose;
mod samples;
mod schedule;
mod searches;
mod snippets;
mod spelling;
mod starters;
mod style;
mod unseen;

pub use schedule::{Wishes, run};

/// Every stage, in the order in which they are told of.
pub const STAGES: &[Stage] = &[
    lint::STAGE,
    spelling::STAGE,
    names::STAGE,
    house::STAGE,
    listings::STAGE,
    book::STAGE,
    links::STAGE,
    crates::STAGE,
    browser::STAGE,
    style::STAGE,
    compile_fail::STAGE,
    snippets::STAGE,
    programs::STAGE,
    outputs::STAGE,
    console::STAGE,
    pipes::STAGE,
    figures::STAGE,
    exercises::STAGE,
    starters::STAGE,
    benches::STAGE,
    harness::STAGE,
];

/// One stage.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it checks, in a few words.
    pub about: &'static str,
    /// With which others it may not run at the same time.
    pub lane: Lane,
    /// Does it run for another platform, too?
    pub elsewhere: Elsewhere,
    /// Runs it. An error is a failure of the stage too: the tool could not do
    /// its work.
    pub run: fn(&Context<'_>, &mut Report) -> Result<()>,
}

/// Stages of one lane run one after the other, in the order of [`STAGES`]; the
/// lanes run side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Reads the sources, which takes seconds at most.
    Text,
    /// Runs programs of the workspace, which may wait for real time.
    Programs,
    /// Looks at the book and at the tool, and hardly waits.
    Pages,
}

/// What a stage does with `--target`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// It does its work for that platform.
    Runs,
    /// It would make no sense, for this reason.
    Not(&'static str),
}

/// The names under which is kept of what the tested book was built, and what
/// has come of it.
const SOURCES: &str = "book sources";
const BUILT: &str = "book built";

/// How many are named by `--timings`.
const LONGEST: usize = 20;

/// What a stage is given.
#[derive(Debug)]
pub struct Context<'a> {
    /// The book and its workspace.
    pub project: &'a Project,
    /// What has passed before.
    pub cache: &'a Cache,
    /// Only these chapters, if any are named.
    pub only: &'a [String],
    /// Rewrite recorded outputs instead of comparing them.
    pub bless: bool,
    /// Do not look at what failed once more.
    pub once: bool,
    /// Say what takes how long.
    pub timings: bool,
    /// The platform that is not this machine's usual one, if it is asked for.
    pub cross: Option<&'a Cross>,
    /// Store what has run, for the status of the chapters.
    pub record: bool,
    /// Says what is going on when it takes long.
    pub progress: &'a Progress,
    /// mdBook's warnings, once the book was built in this run.
    warnings: &'a Mutex<Option<Vec<String>>>,
    /// Held by a stage while it builds in cargo's folder for long.
    building: &'a Mutex<()>,
}

impl Context<'_> {
    /// The pages to look at.
    pub fn pages(&self) -> Vec<&Page> {
        self.project
            .pages
            .iter()
            .filter(|page| {
                self.only.is_empty()
                    || self
                        .project
                        .chapter_of(page)
                        .is_some_and(|chapter| self.wants(chapter))
            })
            .collect()
    }

    /// The packages to look at.
    pub fn packages(&self) -> Vec<&Package> {
        let mut packages = self.project.packages();
        packages.retain(|package| self.wants(&package.name));
        packages
    }

    /// The chapters to look at.
    pub fn chapters(&self) -> Vec<&Package> {
        let mut chapters = self.project.chapters();
        chapters.retain(|package| self.wants(&package.name));
        chapters
    }

    /// Every block of the pages to look at that `keep` wants.
    pub fn blocks(&self, keep: impl Fn(&Block) -> bool) -> Vec<(&Page, Block)> {
        let mut found = Vec::new();
        for page in self.pages() {
            let kept = blocks(page).into_iter().filter(&keep);
            found.extend(kept.map(|block| (page, block)));
        }
        found
    }

    /// Builds the book, unless this run has done so: its folder, and mdBook's
    /// warnings.
    ///
    /// # Errors
    /// When a page cannot be rendered.
    pub fn built_book(&self) -> Result<(PathBuf, Vec<String>)> {
        let folder = self.project.tested_book();
        let mut warnings =
            self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(warnings) = &*warnings {
            return Ok((folder, warnings.clone()));
        }
        let sources = || -> Result<u64> { Ok(self.key().book()?.finish()) };
        let before = sources()?;
        let as_built = || {
            folder.is_dir() && {
                let built = self.built(&folder).ok();
                built.is_some() && self.cache.value(BUILT) == built
            }
        };
        if self.cache.has_passed(SOURCES, before) && as_built() {
            return Ok((folder, warnings.insert(Vec::new()).clone()));
        }
        self.progress.step("building the book");
        self.cache.failed(SOURCES);
        let found = mdbook::build(self.project, &folder, None)?;
        // Of what has changed meanwhile it is not known what was built.
        if found.is_empty() && sources()? == before {
            self.cache.passed(SOURCES, before);
            self.cache.passed(BUILT, self.built(&folder)?);
        }
        Ok((folder, warnings.insert(found).clone()))
    }

    /// The hash of a built book, whatever made it.
    fn built(&self, folder: &Path) -> Result<u64> {
        Ok(self.key().built(folder)?.finish())
    }

    /// Checks, unless the same check has passed with this key: then it says
    /// how much that was. For a stage that depends on many files and is quick,
    /// but not as quick as reading those.
    ///
    /// # Errors
    /// Those of `check`.
    pub fn unless_passed(
        &self,
        stage: &str,
        key: impl Fn() -> Result<u64>,
        report: &mut Report,
        check: impl FnOnce(&mut Report) -> Result<()>,
    ) -> Result<()> {
        let name = [&[stage.to_owned()], self.only].concat().join(" ");
        let counted = format!("{name} checks");
        let before = key()?;
        if self.cache.has_passed(&name, before)
            && let Some(count) = self.cache.value(&counted)
        {
            report.checked = usize::try_from(count)?;
            report.unchanged = report.checked;
            return Ok(());
        }
        self.cache.failed(&name);
        check(report)?;
        let whole = report.failures.is_empty() && report.skipped.is_none();
        // Of what has changed meanwhile it is not known what was checked.
        if whole && key()? == before {
            self.cache.passed(&name, before);
            self.cache.passed(&counted, report.checked as u64);
        }
        Ok(())
    }

    /// Keeps the other lane's short commands from waiting for this build, which
    /// would count as their time.
    pub fn begin_to_build(&self) -> MutexGuard<'_, ()> {
        self.building.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no other lane builds for long.
    pub fn wait_for_builds(&self) {
        drop(self.begin_to_build());
    }

    /// Says which of `what` took longest, in seconds, if that was asked for.
    pub fn longest(
        &self,
        what: &str,
        mut timed: Vec<(f64, String)>,
        report: &mut Report,
    ) {
        if !self.timings {
            return;
        }
        timed.sort_by(|a, b| b.0.total_cmp(&a.0));
        let longest = timed.iter().take(LONGEST);
        let lines =
            longest.map(|(time, name)| format!("{time:>7.2} s  {name}\n"));
        report.notes.push(Failure {
            at: format!("{what} that took longest"),
            message: lines.collect(),
        });
    }

    /// A key to which a check adds what it depends on.
    pub fn key(&self) -> Key<'_> {
        let mut key = self.cache.key(self.project);
        if let Some(cross) = self.cross {
            key.text(&cross.settings);
        }
        key
    }

    /// A cargo command for the workspace, such as `test`, which takes the
    /// versions as they are locked.
    pub fn cargo(&self, verb: &str) -> Command {
        if let Some(cross) = self.cross {
            return cross.cargo(verb);
        }
        let Project { root, .. } = self.project;
        let mut command = process::cargo(root, &self.project.target());
        command.args([verb, "--locked"]);
        command
    }

    /// What tells the checks for a platform from each other, in their names.
    pub fn for_target(&self) -> String {
        let triple = self.cross.map(|cross| cross.platform.triple);
        triple.map_or_else(String::new, |triple| format!(" for {triple}"))
    }

    /// The hash of everything that a block of a page can use: all crates.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn libraries(&self) -> Result<String> {
        let mut key = self.key();
        for package in self.project.packages() {
            key.package(package)?;
        }
        Ok(key.finish().to_string())
    }

    fn wants(&self, chapter: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == chapter)
    }
}

/// What the user asked for.
#[derive(Debug, Default)]
pub struct Selection {
    /// Stages; empty means all.
    pub stages: Vec<&'static str>,
    /// Chapters; empty means all.
    pub chapters: Vec<String>,
}

impl Selection {
    /// Sorts the words of the command line into stages and chapters.
    ///
    /// # Errors
    /// Wrong use when a word is neither.
    pub fn parse(project: &Project, words: &[String]) -> Result<Selection> {
        let mut selection = Selection::default();
        for word in words {
            if let Some(stage) = STAGES.iter().find(|s| s.name == word) {
                selection.stages.push(stage.name);
            } else if project.package(word).is_ok() {
                selection.chapters.push(word.clone());
            } else {
                let packages = project.packages();
                let known = STAGES
                    .iter()
                    .map(|stage| stage.name)
                    .chain(packages.iter().map(|package| &**package.name));
                return Err(unknown("stage or chapter", word, known));
            }
        }
        Ok(selection)
    }

    /// Checks that the named stages make sense for another platform.
    ///
    /// # Errors
    /// Wrong use when one doesn't: why.
    pub fn for_another_target(&self) -> Result<()> {
        for stage in STAGES {
            if let Elsewhere::Not(why) = stage.elsewhere
                && self.stages.contains(&stage.name)
            {
                let name = stage.name;
                return Err(WrongUse(format!(
                    "the stage {name} is not for another target: {why}"
                ))
                .into());
            }
        }
        Ok(())
    }
}
