//! What a stage found, and how a run tells of it: one line a stage, every
//! failure with its place, progress where something takes longer.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::page::Place;

/// Something that is wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    /// `book/page.md:12`, or a crate and a test.
    pub at: String,
    /// What is wrong, and what is allowed; may have several lines.
    pub message: String,
}

/// What a stage found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many things were checked.
    pub checked: usize,
    /// How many of them were not run again, as they had passed and nothing
    /// that they depend on has changed.
    pub unchanged: usize,
    /// What was counted besides, in words.
    pub remarks: Vec<String>,
    /// What is wrong.
    pub failures: Vec<Failure>,
    /// What somebody should know, although it is not wrong.
    pub notes: Vec<Failure>,
    /// Why the stage did not run.
    pub skipped: Option<String>,
}

impl Report {
    /// Something is wrong at a line of a page.
    pub fn fail(&mut self, place: &Place, message: impl Into<String>) {
        self.fail_at(place.to_string(), message);
    }

    /// Something is wrong, and it has no line.
    pub fn fail_at(
        &mut self,
        at: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.failures.push(Failure {
            at: at.into(),
            message: message.into(),
        });
    }

    /// Something that is not wrong is told with the line of a page.
    pub fn note(&mut self, place: &Place, message: impl Into<String>) {
        self.notes.push(Failure {
            at: place.to_string(),
            message: message.into(),
        });
    }

    /// The stage needs something that is not here.
    pub fn skip(&mut self, needs: impl Into<String>) {
        self.skipped = Some(needs.into());
    }

    /// Adds to the stage's line.
    pub fn remark(&mut self, text: impl Into<String>) {
        self.remarks.push(text.into());
    }
}

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that was checked is right, and something was checked.
    Passed,
    /// Something is wrong, or nothing was checked.
    Failed,
    /// It needs something that is not here.
    Skipped,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Passed => "ok",
            Verdict::Failed => "FAIL",
            Verdict::Skipped => "skipped",
        })
    }
}

/// Prints a stage's line and its failures; says how it ended.
///
/// `narrowed` is true when the user asked for a part of the book: a stage that
/// finds nothing to check there has not failed. `strict` is true where a
/// missing tool is no excuse.
pub fn print(
    name: &str,
    report: &Report,
    time: Duration,
    narrowed: bool,
    strict: bool,
) -> Verdict {
    let seconds = time.as_secs_f64();
    let line = |verdict: Verdict, rest: &str| {
        println!("{name:<13} {verdict:<7} {rest} {seconds:>6.1} s");
        verdict
    };
    if let Some(needs) = &report.skipped {
        let verdict = if strict {
            Verdict::Failed
        } else {
            Verdict::Skipped
        };
        return line(verdict, &format!("needs {needs}"));
    }
    let mut counted = format!("{:>4} checked", report.checked);
    if report.unchanged > 0 {
        counted += &format!(", {} of them unchanged", report.unchanged);
    }
    for remark in &report.remarks {
        counted += &format!(", {remark}");
    }
    if !report.failures.is_empty() {
        let count = report.failures.len();
        line(Verdict::Failed, &format!("{counted}, {count} wrong"));
        tell_all("", &report.failures);
        tell_all("only told: ", &report.notes);
        return Verdict::Failed;
    }
    if report.checked == 0 && narrowed {
        return line(Verdict::Skipped, "nothing to check here");
    }
    if report.checked == 0 {
        return line(Verdict::Failed, "checked nothing, so it proves nothing");
    }
    let verdict = line(Verdict::Passed, &counted);
    tell_all("only told: ", &report.notes);
    verdict
}

fn tell_all(kind: &str, told: &[Failure]) {
    for one in told {
        println!("\n  {kind}{}", one.at);
        for text in one.message.trim_end().lines() {
            println!("    {text}");
        }
    }
    if !told.is_empty() {
        println!();
    }
}

/// Says on standard error what a stage is doing once that takes longer than a
/// second. On a terminal it is one line that is written over; else a line
/// every ten seconds.
#[derive(Debug)]
pub struct Progress {
    steps: mpsc::Sender<Option<String>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Progress {
    /// Starts watching.
    pub fn start(stage: &'static str) -> Progress {
        let (steps, received) = mpsc::channel();
        let thread = std::thread::spawn(move || tell(stage, &received));
        Progress {
            steps,
            thread: Some(thread),
        }
    }

    /// What is being done from now on.
    pub fn step(&self, what: impl Into<String>) {
        // The thread ends only when told to, so the channel is open.
        let _ = self.steps.send(Some(what.into()));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let _ = self.steps.send(None);
        if let Some(thread) = self.thread.take() {
            // It only prints: if that failed there is nobody to tell.
            let _ = thread.join();
        }
    }
}

fn tell(stage: &str, steps: &mpsc::Receiver<Option<String>>) {
    let terminal = std::io::stderr().is_terminal();
    let pause = Duration::from_secs(if terminal { 1 } else { 10 });
    let mut doing = String::new();
    let mut since = Instant::now();
    let mut written = false;
    loop {
        match steps.recv_timeout(pause) {
            Ok(Some(step)) => {
                doing = step;
                since = Instant::now();
            }
            Ok(None) | Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let line = format!(
                    "{stage}: {doing} … {} s",
                    since.elapsed().as_secs()
                );
                let mut stderr = std::io::stderr().lock();
                // Progress is a courtesy: a closed terminal must not end a run.
                let _ = if terminal {
                    write!(stderr, "\r\x1b[K{line}")
                } else {
                    writeln!(stderr, "{line}")
                };
                let _ = stderr.flush();
                written = terminal;
            }
        }
    }
    if written {
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, "\r\x1b[K");
        let _ = stderr.flush();
    }
}
