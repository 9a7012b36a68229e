//! What is written by hand about a figure: `NAME.toml`.
//!
//! `xtask/src/figure/README.md` shows every field with an example.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::schema::{Kind, Value, line_of};
use super::{Fault, folder};
use crate::project::Project;

/// A figure, but for what happened.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The caption. Code stands in back quotes.
    pub title: String,
    /// What the picture shows, for who does not see it.
    pub alt: String,
    /// A sentence about how it was recorded that the reader must know.
    #[serde(default)]
    pub note: String,
    /// How a recording is made.
    pub record: Record,
    /// Who acts, from left to right.
    pub lane: Vec<Lane>,
    /// What is displayed beside the picture.
    #[serde(default)]
    pub state: Vec<State>,
    /// The variants between which the reader chooses.
    pub run: Vec<Run>,
    /// What strace's lines mean.
    #[serde(default)]
    pub rule: Vec<Rule>,
}

/// How a recording is made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Record {
    /// By what.
    pub kind: Recorder,
    /// The package that has the examples.
    pub package: String,
    /// strace: nothing before the first call of this name is of interest.
    #[serde(default)]
    pub from: String,
    /// strace: a call that takes this many milliseconds has slept.
    #[serde(default = "five")]
    pub asleep_ms: u64,
}

fn five() -> u64 {
    5
}

/// What makes a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recorder {
    /// The example itself prints its events, a line of JSON for each.
    Program,
    /// strace watches the example's system calls; rules say what they mean.
    Strace,
}

/// Who acts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    /// The name in the files.
    pub id: String,
    /// The name for the reader.
    pub label: String,
    /// A thread runs or sleeps; anything else is a place.
    #[serde(default)]
    pub shape: Shape,
}

/// How a lane is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A band.
    #[default]
    Place,
    /// A bar: full while it runs, dashed and hollow while it sleeps.
    Thread,
}

/// A displayed value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The name in the files.
    pub id: String,
    /// The name for the reader.
    pub label: String,
    /// How it is shown.
    #[serde(default)]
    pub show: Show,
    /// Of cells: how many there are.
    #[serde(default)]
    pub size: usize,
    /// The value before the first step.
    pub start: Value,
    /// The runs that have it; none named means all.
    #[serde(default)]
    pub runs: Vec<String>,
}

/// How a displayed value is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Show {
    /// As it is.
    #[default]
    Text,
    /// A row of boxes: a letter in each, or as many dots as the number says.
    Cells,
}

/// A run of the program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The name in the files.
    pub id: String,
    /// The name for the reader.
    pub label: String,
    /// The example to run.
    pub example: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// The code that is shown.
    pub code: Vec<Code>,
    /// What the reader is asked before the steps are shown.
    pub predict: Predict,
}

/// A part of a source file: one of `anchor` and `item`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Relative to the project's root.
    pub file: PathBuf,
    /// An anchor's name.
    #[serde(default)]
    pub anchor: Option<String>,
    /// How an item begins, such as `pub fn wait`: up to its closing brace.
    #[serde(default)]
    pub item: Option<String>,
}

/// A question with one right answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// The question.
    pub ask: String,
    /// The answers to choose from.
    pub choices: Vec<String>,
    /// Which one is right, counted from 1.
    pub right: usize,
    /// Why.
    pub why: String,
}

/// What a system call means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// The name for `start-after` and `end-after`.
    pub id: String,
    /// Names of system calls: it has others on other processors.
    pub call: Vec<String>,
    /// The runs that it is for; none named means all.
    #[serde(default)]
    pub runs: Vec<String>,
    /// On the first thread, or on another one.
    #[serde(default)]
    pub thread: Option<Thread>,
    /// `ok`, or an error's name such as `EAGAIN`.
    #[serde(default)]
    pub result: Option<String>,
    /// What the arguments contain.
    #[serde(default)]
    pub args: Option<String>,
    /// Whether it slept.
    #[serde(default)]
    pub asleep: Option<bool>,
    /// It begins only after a call of one of these rules has begun.
    #[serde(default)]
    pub start_after: Vec<String>,
    /// It ends only after a call of one of these rules has begun.
    #[serde(default)]
    pub end_after: Vec<String>,
    /// What happens as the call is made.
    #[serde(default)]
    pub start: Vec<Sketch>,
    /// What happens as it returns.
    #[serde(default)]
    pub end: Vec<Sketch>,
    /// The recording ends with it.
    #[serde(default)]
    pub last: bool,
}

/// Which thread a call is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Thread {
    /// The one that the program began with.
    Main,
    /// Any other.
    Other,
}

/// An event before it has its place: in a rule, or a line that a program
/// prints. The fields are those of the schema's event; `at` and `state` are
/// completed by the recorder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sketch {
    pub lane: String,
    #[serde(default)]
    pub to: Option<String>,
    pub kind: Kind,
    pub text: String,
    #[serde(default)]
    pub answer: Option<String>,
    pub detail: String,
    #[serde(default = "once")]
    pub count: u64,
    /// What the line of code contains that does it.
    #[serde(default)]
    pub at: Option<String>,
    /// The displayed values that it changes.
    #[serde(default)]
    pub state: BTreeMap<String, Value>,
    #[serde(default)]
    pub key: bool,
    #[serde(default)]
    pub at_us: Option<u64>,
    #[serde(default)]
    pub took_us: Option<u64>,
    #[serde(default)]
    pub raw: Option<String>,
}

fn once() -> u64 {
    1
}

impl Definition {
    /// Loads the figure's definition.
    ///
    /// # Errors
    /// When there is none, or a [`Fault`].
    pub fn load(project: &Project, name: &str) -> Result<Definition> {
        super::known(project, name)?;
        let path = folder(project).join(format!("{name}.toml"));
        let file = project.shown(&path);
        let text =
            std::fs::read_to_string(&path).with_context(|| file.clone())?;
        Ok(Definition::parse(&file, &text)?)
    }

    /// Reads a definition; `file` is its name in messages.
    ///
    /// # Errors
    /// A [`Fault`] when it is not of this form.
    pub fn parse(file: &str, text: &str) -> Result<Definition, Fault> {
        let definition: Definition =
            toml_edit::de::from_str(text).map_err(|error| Fault {
                file: file.to_owned(),
                line: error
                    .span()
                    .map_or(1, |s| 1 + text[..s.start].matches('\n').count()),
                message: error.message().to_owned(),
            })?;
        definition.check().map_err(|(needle, message)| Fault {
            file: file.to_owned(),
            line: line_of(text, &needle),
            message,
        })?;
        Ok(definition)
    }

    /// The displayed values of a run.
    pub fn states<'a>(
        &'a self,
        run: &'a str,
    ) -> impl Iterator<Item = &'a State> {
        self.state
            .iter()
            .filter(move |state| includes(&state.runs, run))
    }

    /// A lane's place from the left.
    pub fn column(&self, lane: &str) -> usize {
        // Lanes are checked on load.
        self.lane.iter().position(|own| own.id == lane).unwrap_or(0)
    }

    /// What is wrong, and a text near it.
    fn check(&self) -> Result<(), (String, String)> {
        for (field, text) in [("title", &self.title), ("alt", &self.alt)] {
            if text.trim().is_empty() {
                return Err((field.into(), format!("field `{field}`: empty")));
            }
        }
        if !(1..=4).contains(&self.lane.len()) {
            let message = "[[lane]]: one to four fit side by side";
            return Err(("[[lane]]".into(), message.into()));
        }
        if self.run.is_empty() {
            return Err(("[record]".into(), "[[run]]: there is none".into()));
        }
        let lanes = unique("lane", self.lane.iter().map(|lane| &lane.id))?;
        let states = unique("state", self.state.iter().map(|state| &state.id))?;
        let runs = unique("run", self.run.iter().map(|run| &run.id))?;
        let rules = unique("rule", self.rule.iter().map(|rule| &rule.id))?;
        for run in &self.run {
            run.check().map_err(|message| (quoted(&run.id), message))?;
        }
        for state in &self.state {
            known("runs", &state.runs, &runs)
                .map_err(|message| (quoted(&state.id), message))?;
            if state.show == Show::Cells && !(1..=16).contains(&state.size) {
                let message = "field `size`: 1 to 16 cells".to_owned();
                return Err((quoted(&state.id), message));
            }
        }
        for rule in &self.rule {
            let place = |message: String| (quoted(&rule.id), message);
            known("runs", &rule.runs, &runs).map_err(place)?;
            known("start-after", &rule.start_after, &rules).map_err(place)?;
            known("end-after", &rule.end_after, &rules).map_err(place)?;
            for sketch in rule.start.iter().chain(&rule.end) {
                let own = [sketch.lane.clone()];
                known("lane", &own, &lanes).map_err(place)?;
                let names: Vec<String> = sketch.state.keys().cloned().collect();
                known("state", &names, &states).map_err(place)?;
            }
        }
        self.check_recorder()
    }

    fn check_recorder(&self) -> Result<(), (String, String)> {
        let place = |message: &str| ("[record]".to_owned(), message.to_owned());
        match self.record.kind {
            Recorder::Strace if self.rule.is_empty() => {
                Err(place("strace needs [[rule]]: what its lines mean"))
            }
            Recorder::Strace if self.record.from.is_empty() => {
                Err(place("strace needs `from`: the first call of interest"))
            }
            Recorder::Program if !self.rule.is_empty() => {
                Err(place("a [[rule]] is for strace; a program prints events"))
            }
            _ => Ok(()),
        }
    }
}

impl Run {
    fn check(&self) -> Result<(), String> {
        let Predict {
            ask,
            choices,
            right,
            why,
        } = &self.predict;
        if ask.trim().is_empty() || why.trim().is_empty() {
            return Err("[run.predict]: `ask` and `why` say something".into());
        }
        if choices.len() < 2 {
            return Err("field `choices`: at least two".into());
        }
        if !(1..=choices.len()).contains(right) {
            return Err(format!(
                "field `right`: the number of a choice, 1 to {}",
                choices.len()
            ));
        }
        if self.code.is_empty() {
            return Err("field `code`: the code that the steps execute".into());
        }
        for code in &self.code {
            if code.anchor.is_some() == code.item.is_some() {
                return Err("field `code`: one of `anchor` and `item`".into());
            }
        }
        Ok(())
    }
}

impl Rule {
    /// Is it for this run?
    pub fn is_for(&self, run: &str) -> bool {
        includes(&self.runs, run)
    }
}

/// An empty list names all.
fn includes(list: &[String], run: &str) -> bool {
    list.is_empty() || list.iter().any(|own| own == run)
}

fn quoted(id: &str) -> String {
    format!("id = {id:?}")
}

fn unique<'a>(
    what: &str,
    ids: impl Iterator<Item = &'a String>,
) -> Result<HashSet<&'a str>, (String, String)> {
    let mut seen = HashSet::new();
    for id in ids {
        let good = !id.is_empty()
            && id.chars().all(|c| {
                c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
            });
        let wrong = if !good {
            "lower-case letters, digits and hyphens"
        } else if !seen.insert(id.as_str()) {
            "there is another one of that name"
        } else {
            continue;
        };
        let message = format!("[[{what}]], field `id`: {id:?}: {wrong}");
        return Err((quoted(id), message));
    }
    Ok(seen)
}

fn known(
    field: &str,
    names: &[String],
    known: &HashSet<&str>,
) -> Result<(), String> {
    for name in names {
        if !known.contains(name.as_str()) {
            let mut known: Vec<&str> = known.iter().copied().collect();
            known.sort_unstable();
            return Err(format!(
                "field `{field}`: {name:?} is unknown; there are: {}",
                known.join(", ")
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    const PROBE: &str = include_str!("probe.toml");

    /// A figure that a program records: one of the forms that there are.
    pub fn probe() -> Definition {
        Definition::parse("p.toml", PROBE).expect("a valid fixture")
    }

    #[track_caller]
    fn wrong(from: &str, to: &str, line: usize, says: &str) {
        assert!(PROBE.contains(from), "the fixture has no {from}");
        let text = PROBE.replacen(from, to, 1);
        let fault = Definition::parse("p.toml", &text).expect_err("a fault");
        assert!(fault.message.contains(says), "{fault}");
        assert_eq!(fault.line, line, "{fault}");
    }

    #[test]
    fn faults_name_the_line_the_field_and_what_is_allowed() {
        wrong("title =", "titel =", 2, "unknown field `titel`");
        wrong("title = \"", "title = \"\" # ", 2, "`title`: empty");
        wrong("\"program\"", "\"prog\"", 6, "unknown variant `prog`");
        wrong(
            "kind = \"program\"",
            "kind = \"strace\"",
            5,
            "needs [[rule]]",
        );
        wrong("id = \"kernel\"", "id = \"program\"", 10, "another one");
        wrong("id = \"edge\"", "id = \"Edge\"", 39, "lower-case letters");
        wrong("right = 2", "right = 4", 39, "a choice, 1 to 3");
        wrong("size = 8", "size = 0", 19, "1 to 16 cells");
    }
}
