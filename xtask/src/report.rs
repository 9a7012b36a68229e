//! What a stage found, and how a run tells of it: one line a stage, every
//! failure with its place.

use std::fmt;
use std::time::Duration;

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
    /// What the stage needs and does not have, so that it did not run.
    pub skipped: Option<String>,
    /// Why there was nothing to do for the stage.
    pub apart: Option<String>,
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

    /// Something was wrong at first, and not when it was checked once more by
    /// itself: that is told, and is no failure.
    pub fn passed_at_last(
        &mut self,
        at: impl Into<String>,
        message: impl fmt::Display,
    ) {
        self.notes.push(Failure {
            at: at.into(),
            message: format!(
                "failed, and passed when it was run once more by itself:\n\
                 {message}"
            ),
        });
    }

    /// The stage needs something that is not here.
    pub fn skip(&mut self, needs: impl Into<String>) {
        self.skipped = Some(needs.into());
    }

    /// Takes over what a part of the stage has found.
    pub fn absorb(&mut self, part: Report) {
        self.checked += part.checked;
        self.unchanged += part.unchanged;
        self.remarks.extend(part.remarks);
        self.failures.extend(part.failures);
        self.notes.extend(part.notes);
        self.skipped = self.skipped.take().or(part.skipped);
        self.apart = self.apart.take().or(part.apart);
    }

    /// Has the stage failed? `lenient` and `strict` as for [`print`].
    pub fn failed(&self, lenient: bool, strict: bool) -> bool {
        match self.skipped {
            _ if self.apart.is_some() => false,
            Some(_) => strict,
            None if self.failures.is_empty() => self.checked == 0 && !lenient,
            None => true,
        }
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
    /// It needs something that is not here, or has nothing to do.
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
/// `lenient` is true when the user asked for a part of the book: a stage that
/// finds nothing to check there has not failed. `strict` is true where a
/// missing tool is no excuse.
pub fn print(
    name: &str,
    report: &Report,
    time: Duration,
    lenient: bool,
    strict: bool,
) -> Verdict {
    let seconds = time.as_secs_f64();
    let line = |verdict: Verdict, rest: &str| {
        println!("{name:<13} {verdict:<7} {rest} {seconds:>6.1} s");
        verdict
    };
    if let Some(why) = &report.apart {
        return line(Verdict::Skipped, why);
    }
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
        tell_all("", &report.failures, usize::MAX);
        tell_all("only told: ", &report.notes, usize::MAX);
        return Verdict::Failed;
    }
    if report.checked == 0 && lenient {
        return line(Verdict::Skipped, "nothing to check here");
    }
    if report.checked == 0 {
        return line(Verdict::Failed, "checked nothing, so it proves nothing");
    }
    let verdict = line(Verdict::Passed, &counted);
    tell_all("only told: ", &report.notes, usize::MAX);
    verdict
}

/// Prints places and messages, of each message at most `lines`.
pub fn tell_all(kind: &str, told: &[Failure], lines: usize) {
    for one in told {
        println!("\n  {kind}{}", one.at);
        let mut texts = one.message.trim_end().lines();
        for text in texts.by_ref().take(lines) {
            println!("    {text}");
        }
        let left = texts.count();
        if left > 0 {
            println!("    … and {left} lines more, above");
        }
    }
    if !told.is_empty() {
        println!();
    }
}
