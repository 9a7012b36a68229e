//! Runs the stages: the lanes side by side, the results in the order of the
//! list.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Context, Elsewhere, Lane, STAGES, Selection, Stage};
use crate::cache::Cache;
use crate::cross::Cross;
use crate::disk;
use crate::page::Problem;
use crate::progress::Board;
use crate::project::Project;
use crate::report::{self, Failure, Report, Verdict};

/// How the stages are run.
#[derive(Clone, Copy, Debug)]
pub struct Wishes<'a> {
    /// Rewrite recorded outputs instead of comparing them.
    pub bless: bool,
    /// Stop at the first stage that fails.
    pub fail_fast: bool,
    /// Do not run what failed once more.
    pub once: bool,
    /// Say what takes how long.
    pub timings: bool,
    /// The platform, if it is not this machine's usual one.
    pub cross: Option<&'a Cross>,
    /// Store what has run, for the status of the chapters.
    pub record: bool,
}

/// Runs the selected stages; says whether all passed.
///
/// # Errors
/// When the tool itself cannot go on; what is wrong with the book is printed.
pub fn run(
    project: &Project,
    selection: &Selection,
    wishes: Wishes<'_>,
) -> Result<bool> {
    let cache = Cache::open(project.work_folder("passed.json"), &project.root)?;
    let started = Instant::now();
    let stages: Vec<&Stage> = STAGES
        .iter()
        .filter(|stage| {
            selection.stages.is_empty()
                || selection.stages.contains(&stage.name)
        })
        .collect();
    let run = Run {
        project,
        selection,
        wishes,
        cache: &cache,
        board: Board::start(),
        warnings: Mutex::default(),
        building: Mutex::default(),
        stop: AtomicBool::new(false),
        told: Mutex::new(Told::new(&stages)),
        failed: Mutex::default(),
    };
    std::thread::scope(|scope| {
        let text = scope.spawn(|| run.lane(&stages, Lane::Text));
        // What is known in seconds ends such a run before a build begins.
        if wishes.fail_fast
            && let Err(panic) = text.join()
        {
            std::panic::resume_unwind(panic);
        }
        scope.spawn(|| run.lane(&stages, Lane::Programs));
        run.lane(&stages, Lane::Pages);
    });
    run.once_more();
    let unsaved = cache.save();
    let told = run
        .told
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    drop(run.board);
    println!();
    let skipped = told.names(Verdict::Skipped);
    if !skipped.is_empty() {
        println!("skipped: {}", skipped.join(", "));
    }
    let failed = told.names(Verdict::Failed);
    if !failed.is_empty() {
        println!("failed: {}", failed.join(", "));
        told.tell_again();
        if let Some(full) = disk::nearly_full(&project.target()) {
            println!("{full}: some of this may be wrong for that reason only");
        }
    }
    if let Err(error) = unsaved {
        println!(
            "the next run will not know what passed in this one: {error:#}"
        );
    }
    let passed = told.names(Verdict::Passed).len();
    println!("{:.1} s in all", started.elapsed().as_secs_f64());
    println!("{passed} passed, {} failed", failed.len());
    Ok(failed.is_empty())
}

/// One run of the stages, which all lanes share.
struct Run<'a> {
    project: &'a Project,
    selection: &'a Selection,
    wishes: Wishes<'a>,
    cache: &'a Cache,
    board: Board,
    warnings: Mutex<Option<Vec<String>>>,
    building: Mutex<()>,
    /// Has a stage failed, and is that the end?
    stop: AtomicBool,
    told: Mutex<Told>,
    /// Stages that failed beside others, with what they found.
    failed: Mutex<Vec<(&'a Stage, Report, Duration)>>,
}

impl<'a> Run<'a> {
    fn lane(&self, stages: &[&'a Stage], lane: Lane) {
        for &stage in stages.iter().filter(|stage| stage.lane == lane) {
            // Relaxed: it says nothing about other memory, and a stage more
            // does no harm.
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let (report, time) = self.run_one(stage);
            if report.failures.is_empty() || !self.looks_twice(stage) {
                self.tell(stage.name, report, time);
            } else {
                self.postpone(stage, report, time);
            }
            self.save();
        }
    }

    /// Saves what has passed, in case this run is stopped. If that cannot be
    /// done, the end of the run says so.
    fn save(&self) {
        let _ = self.cache.save();
    }

    fn run_one(&self, stage: &Stage) -> (Report, Duration) {
        let progress = self.board.begin(stage.name);
        let context = Context {
            project: self.project,
            cache: self.cache,
            only: &self.selection.chapters,
            bless: self.wishes.bless,
            once: self.wishes.once,
            timings: self.wishes.timings,
            cross: self.wishes.cross,
            record: self.wishes.record,
            progress: &progress,
            warnings: &self.warnings,
            building: &self.building,
        };
        run_one(stage, &context)
    }

    /// Programs may wait for real time, and a busy machine can break that: what
    /// failed there runs once more when nothing else does. The cache spares
    /// what has passed.
    fn looks_twice(&self, stage: &Stage) -> bool {
        let Wishes {
            bless,
            fail_fast,
            once,
            ..
        } = self.wishes;
        stage.lane == Lane::Programs && !bless && !fail_fast && !once
    }

    fn postpone(&self, stage: &'a Stage, report: Report, time: Duration) {
        self.board.pause(|| {
            eprintln!(
                "{}: {} wrong, looked at once more when all else has ended",
                stage.name,
                report.failures.len()
            );
        });
        let failed = self.failed.lock();
        let mut failed = failed.unwrap_or_else(PoisonError::into_inner);
        failed.push((stage, report, time));
    }

    /// Runs the stages that failed once more, by themselves.
    fn once_more(&self) {
        let failed = self.failed.lock();
        let mut failed = failed.unwrap_or_else(PoisonError::into_inner);
        for (stage, first, time) in failed.drain(..) {
            let (mut second, more) = self.run_one(stage);
            if second.failures.is_empty() {
                for failure in first.failures {
                    second.passed_at_last(failure.at, failure.message);
                }
                second.notes.extend(first.notes);
            }
            self.tell(stage.name, second, time + more);
            self.save();
        }
    }

    /// Prints what is known of the stages, up to the first that still runs.
    fn tell(&self, stage: &'static str, report: Report, time: Duration) {
        let strict = std::env::var_os("CI").is_some_and(|ci| ci == "true");
        // A stage named on the command line must do something.
        let narrowed = !self.selection.chapters.is_empty();
        let lenient = narrowed && self.selection.stages.is_empty();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if report.failed(lenient, strict) && self.wishes.fail_fast {
            self.stop.store(true, Ordering::Relaxed);
        }
        told.done(stage, report, time);
        self.board.pause(|| {
            // What is never run is not waited for.
            let all = self.stop.load(Ordering::Relaxed);
            told.print(all, |stage, report, time| {
                report::print(stage, report, time, lenient, strict)
            });
        });
    }
}

/// The results, in the order in which they are printed.
#[derive(Debug)]
struct Told(Vec<(&'static str, Entry)>);

#[derive(Debug)]
enum Entry {
    Running,
    Done(Report, Duration),
    Printed(Verdict, Vec<Failure>),
}

/// As much of a failure is told again at the end of the run.
const AGAIN: usize = 20;

impl Told {
    fn new(stages: &[&Stage]) -> Told {
        let entry = |stage: &&Stage| (stage.name, Entry::Running);
        Told(stages.iter().map(entry).collect())
    }

    fn done(&mut self, stage: &str, report: Report, time: Duration) {
        let mut entries = self.0.iter_mut();
        if let Some((_, entry)) = entries.find(|(name, _)| *name == stage) {
            *entry = Entry::Done(report, time);
        }
    }

    fn print(
        &mut self,
        all: bool,
        print: impl Fn(&str, &Report, Duration) -> Verdict,
    ) {
        for (name, entry) in &mut self.0 {
            match entry {
                Entry::Running if all => {}
                Entry::Running => break,
                Entry::Done(report, time) => {
                    let verdict = print(name, report, *time);
                    let failures = std::mem::take(&mut report.failures);
                    *entry = Entry::Printed(verdict, failures);
                }
                Entry::Printed(..) => {}
            }
        }
    }

    /// Tells the failures of all stages again, unless they have just been
    /// told: in a long log they are hard to find.
    fn tell_again(&self) {
        let last = self.0.len().saturating_sub(1);
        for (_, entry) in &self.0[..last] {
            let Entry::Printed(_, failures) = entry else {
                continue;
            };
            report::tell_all("", failures, AGAIN);
        }
    }

    fn names(&self, wanted: Verdict) -> Vec<&'static str> {
        let ended = |entry: &Entry| matches!(entry, Entry::Printed(verdict, _) if *verdict == wanted);
        let entries = self.0.iter().filter(|(_, entry)| ended(entry));
        entries.map(|(name, _)| *name).collect()
    }
}

fn run_one(stage: &Stage, context: &Context<'_>) -> (Report, Duration) {
    let started = Instant::now();
    let mut report = Report::default();
    if context.cross.is_some()
        && let Elsewhere::Not(why) = stage.elsewhere
    {
        report.apart = Some(format!("not for another target: {why}"));
        return (report, started.elapsed());
    }
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
