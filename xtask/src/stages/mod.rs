//! The stages of `cargo xtask test`. To add one: write its file with a
//! `pub const STAGE: Stage`, and name it in the list below.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use cargo_metadata::Package;

use crate::block::{Block, blocks};
use crate::book as mdbook;
use crate::cache::{Cache, Key};
use crate::page::{Page, Problem};
use crate::project::Project;
use crate::report::{self, Progress, Report, Verdict};
use crate::unknown;

mod fences;
mod html;
pub mod libtest;
mod samples;

/// Declares each stage's module and puts it into [`STAGES`], in this order.
macro_rules! stages {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*
        /// Every stage, in the order in which they run.
        pub const STAGES: &[Stage] = &[$($module::STAGE),*];
    };
}

stages![
    lint,
    spelling,
    names,
    house,
    listings,
    crates,
    style,
    compile_fail,
    snippets,
    programs,
    console,
    figures,
    book,
    links,
    exercises,
    starters,
    benches,
    browser,
    harness,
];

/// One stage.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it checks, in a few words.
    pub about: &'static str,
    /// Runs it. An error is a failure of the stage too: the tool could not do
    /// its work.
    pub run: fn(&Context<'_>, &mut Report) -> Result<()>,
}

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
    /// Says what is going on when it takes long.
    pub progress: &'a Progress,
    /// mdBook's warnings, once the book was built in this run.
    warnings: &'a OnceCell<Vec<String>>,
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
    pub fn built_book(&self) -> Result<(PathBuf, &[String])> {
        let folder = self.project.tested_book();
        if self.warnings.get().is_none() {
            self.progress.step("building the book");
            let warnings = mdbook::build(self.project, &folder)?;
            // It was empty a moment ago, and there is one thread.
            let _ = self.warnings.set(warnings);
        }
        Ok((folder, self.warnings.get().map_or(&[], Vec::as_slice)))
    }

    /// A key to which a check adds what it depends on.
    pub fn key(&self) -> Key<'_> {
        self.cache.key(self.project)
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
}

/// Runs the selected stages; says whether all passed.
///
/// # Errors
/// When the tool itself cannot go on; what is wrong with the book is printed.
pub fn run(
    project: &Project,
    selection: &Selection,
    bless: bool,
    keep_going: bool,
) -> Result<bool> {
    let cache = Cache::open(project.work_folder("passed.json"))?;
    let strict = std::env::var_os("CI").is_some_and(|value| value == "true");
    let narrowed = !selection.chapters.is_empty();
    let warnings = OnceCell::new();
    let started = Instant::now();
    let mut passed = 0;
    let mut failed = Vec::new();
    let mut skipped = Vec::new();
    for stage in STAGES {
        if !selection.stages.is_empty()
            && !selection.stages.contains(&stage.name)
        {
            continue;
        }
        let progress = Progress::start(stage.name);
        let context = Context {
            project,
            cache: &cache,
            only: &selection.chapters,
            bless,
            progress: &progress,
            warnings: &warnings,
        };
        let (report, time) = run_one(stage, &context);
        drop(progress);
        // A stage named on the command line must do something.
        let lenient = narrowed && selection.stages.is_empty();
        match report::print(stage.name, &report, time, lenient, strict) {
            Verdict::Passed => passed += 1,
            Verdict::Failed => failed.push(stage.name),
            Verdict::Skipped => skipped.push(stage.name),
        }
        cache.save()?;
        if !failed.is_empty() && !keep_going {
            break;
        }
    }
    println!();
    if !skipped.is_empty() {
        println!("skipped: {}", skipped.join(", "));
    }
    if !failed.is_empty() {
        println!("failed: {}", failed.join(", "));
    }
    println!("{:.1} s in all", started.elapsed().as_secs_f64());
    println!("{passed} passed, {} failed", failed.len());
    Ok(failed.is_empty())
}

fn run_one(stage: &Stage, context: &Context<'_>) -> (Report, Duration) {
    let started = Instant::now();
    let mut report = Report::default();
    if let Err(error) = (stage.run)(context, &mut report) {
        // What is wrong with a page has a place.
        match error.downcast_ref::<Problem>() {
            Some(problem) => {
                report.fail(&problem.place, problem.message.as_str());
            }
            None => report
                .fail_at(format!("stage {}", stage.name), format!("{error:#}")),
        }
    }
    (report, started.elapsed())
}
