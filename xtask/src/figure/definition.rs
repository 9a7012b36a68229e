//! What is written by hand about a figure: `NAME.toml`.
//!
//! `xtask/src/figure/README.md` shows every field with an example.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::control::{self, Control, Template};
use super::draw;
use super::schema::{self, Clock, Kind, Value, line_of};
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
    /// What kind of picture it is.
    #[serde(default)]
    pub picture: Picture,
    /// Of a Gantt chart: whose time fills the width.
    #[serde(default)]
    pub scale: Scale,
    /// Of a Gantt chart: what its shapes mean.
    #[serde(default)]
    pub legend: Legend,
    /// How a recording is made.
    pub record: Record,
    /// Who acts, from left to right, or from top to bottom.
    pub lane: Vec<Lane>,
    /// What is displayed beside the picture.
    #[serde(default)]
    pub state: Vec<State>,
    /// What the reader sets.
    #[serde(default)]
    pub control: Vec<Control>,
    /// With controls: what stands for all of `run`, which [`Definition::parse`]
    /// makes of it.
    #[serde(default)]
    pub runs: Option<Template>,
    /// The variants between which the reader chooses.
    #[serde(default)]
    pub run: Vec<Run>,
    /// What strace's lines mean.
    #[serde(default)]
    pub rule: Vec<Rule>,
}

/// What kind of picture a figure is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Picture {
    /// Lanes are columns, time runs downwards, a step is a row.
    #[default]
    Sequence,
    /// Lanes are rows, time runs to the right.
    Gantt,
}

/// Whose time fills the width of a Gantt chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// The longest run's: lengths can be compared from run to run.
    #[default]
    Shared,
    /// Each run's own.
    Own,
}

/// What the shapes of a Gantt chart mean.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Legend {
    /// A full bar.
    pub work: String,
    /// A hatched one.
    pub sleep: String,
    /// An open one.
    pub state: String,
}

impl Default for Legend {
    fn default() -> Legend {
        Legend {
            work: "works".to_owned(),
            sleep: "sleeps".to_owned(),
            state: "waits".to_owned(),
        }
    }
}

/// How a recording is made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Record {
    /// By what.
    pub kind: Recorder,
    /// The package that has the examples.
    #[serde(default)]
    pub package: String,
    /// Whose time it is.
    #[serde(default)]
    pub clock: Clock,
    /// Of a simulated clock: what it counts.
    #[serde(default)]
    pub unit: String,
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
    /// Nothing: the events are written in the definition.
    Drawn,
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
    /// The range that says how many of it there are.
    #[serde(default)]
    pub each: Option<String>,
    /// Which of these it is, counted from 1; else 0.
    #[serde(skip)]
    pub number: u32,
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
    /// Of words: what stands above their three columns.
    #[serde(default = "columns")]
    pub columns: [String; 3],
    /// The value before the first step.
    pub start: Value,
    /// The runs that have it; none named means all.
    #[serde(default)]
    pub runs: Vec<String>,
}

fn columns() -> [String; 3] {
    ["Where", "Value", "Meaning"].map(str::to_owned)
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
    /// A table: words of memory, or registers.
    Words,
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
    #[serde(default)]
    pub example: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// The code that is shown.
    #[serde(default)]
    pub code: Vec<Code>,
    /// What the reader is asked before the steps are shown.
    pub predict: Predict,
    /// Of a figure that is drawn by hand: what happens.
    #[serde(default)]
    pub event: Vec<Sketch>,
    /// With controls: which of each one's values, counted from 0.
    #[serde(skip)]
    pub values: Vec<usize>,
    /// With controls: is it shown in print?
    #[serde(skip)]
    pub key: bool,
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
    pub time: Option<u64>,
    #[serde(default)]
    pub took: Option<u64>,
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
        let mut definition: Definition = toml_edit::de::from_str(text)
            .map_err(|error| Fault {
                file: file.to_owned(),
                line: error
                    .span()
                    .map_or(1, |s| 1 + text[..s.start].matches('\n').count()),
                message: error.message().to_owned(),
            })?;
        let checked = definition.expand().and_then(|()| definition.check());
        checked.map_err(|(needle, message)| Fault {
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

    /// The lanes of a run, in their order.
    pub fn lanes<'a>(&'a self, run: &str) -> impl Iterator<Item = &'a Lane> {
        let values = self
            .run
            .iter()
            .find(|own| own.id == run)
            .map(|own| &own.values);
        self.lane.iter().filter(move |lane| {
            let Some(each) = &lane.each else { return true };
            let mut set = self.control.iter().zip(values.into_iter().flatten());
            set.any(|(control, &value)| {
                // A range's values follow each other; both are small.
                control.id == *each
                    && u64::from(control.from) + value as u64
                        >= u64::from(lane.number)
            })
        })
    }

    /// Makes the lanes that `each` stands for, and the runs of `[runs]`.
    fn expand(&mut self) -> Result<(), (String, String)> {
        unique("control", self.control.iter().map(|control| &control.id))?;
        for control in &self.control {
            control
                .check()
                .map_err(|message| (quoted(&control.id), message))?;
            unique("control.values", control.values.iter().map(|v| &v.id))?;
        }
        self.lane = control::lanes(&self.lane, &self.control)
            .map_err(|(id, message)| (quoted(&id), message))?;
        let Some(template) = &self.runs else {
            if self.control.is_empty() {
                return Ok(());
            }
            let message = "[[control]]: [runs] says what is run by it";
            return Err(("[[control]]".into(), message.into()));
        };
        if self.control.is_empty() || !self.run.is_empty() {
            let message = "[runs]: with a [[control]], and without a [[run]]";
            return Err(("[runs]".into(), message.into()));
        }
        self.run = template
            .runs(&self.control)
            .map_err(|message| ("[runs]".to_owned(), message))?;
        Ok(())
    }

    /// What is wrong, and a text near it.
    fn check(&self) -> Result<(), (String, String)> {
        for (field, text) in [("title", &self.title), ("alt", &self.alt)] {
            if text.trim().is_empty() {
                return Err((field.into(), format!("field `{field}`: empty")));
            }
        }
        let (most, room) = match self.picture {
            Picture::Sequence => (4, "[[lane]]: one to four fit side by side"),
            Picture::Gantt => (8, "[[lane]]: one to eight fit into a picture"),
        };
        if !(1..=most).contains(&self.lane.len()) {
            return Err(("[[lane]]".into(), room.into()));
        }
        if self.run.is_empty() {
            return Err(("[record]".into(), "[[run]]: there is none".into()));
        }
        let lanes = unique("lane", self.lane.iter().map(|lane| &lane.id))?;
        let states = unique("state", self.state.iter().map(|state| &state.id))?;
        let runs = unique("run", self.run.iter().map(|run| &run.id))?;
        let rules = unique("rule", self.rule.iter().map(|rule| &rule.id))?;
        for run in &self.run {
            let place = match self.runs {
                Some(_) => "[runs]".to_owned(),
                None => quoted(&run.id),
            };
            run.check(self.record.kind)
                .map_err(|message| (place, message))?;
        }
        for lane in &self.lane {
            self.check_lane(lane).map_err(|message| {
                let place = match lane.number {
                    0 => quoted(&lane.id),
                    number => {
                        quoted(&lane.id).replace(&number.to_string(), "{n}")
                    }
                };
                (place, message)
            })?;
        }
        for state in &self.state {
            known("runs", &state.runs, &runs)
                .map_err(|message| (quoted(&state.id), message))?;
            if state.show == Show::Cells && !(1..=16).contains(&state.size) {
                let message = "field `size`: 1 to 16 cells".to_owned();
                return Err((quoted(&state.id), message));
            }
            state.check(&state.start).map_err(|message| {
                (quoted(&state.id), format!("field `start`: {message}"))
            })?;
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

    fn check_lane(&self, lane: &Lane) -> Result<(), String> {
        if self.picture == Picture::Gantt {
            let width = lane.label.chars().count();
            return if width <= draw::NAME_COLUMNS {
                Ok(())
            } else {
                Err(format!(
                    "field `label`: {width} characters; beside a row there is \
                     room for {} characters",
                    draw::NAME_COLUMNS
                ))
            };
        }
        if lane.each.is_some() {
            return Err("field `each`: for a Gantt chart only".to_owned());
        }
        let room = draw::name_columns(self.lane.len());
        match draw::wrapped(&lane.label, room).len() {
            0..=2 => Ok(()),
            _ => Err(format!(
                "field `label`: more than two lines of {room} characters"
            )),
        }
    }

    fn check_recorder(&self) -> Result<(), (String, String)> {
        let Record {
            kind,
            package,
            from,
            clock,
            unit,
            ..
        } = &self.record;
        let simulated = *clock == Clock::Simulated;
        let message = match kind {
            Recorder::Drawn if !self.note.starts_with("Drawn by hand") => {
                "what is drawn needs a `note` that begins \"Drawn by hand\" and \
                 says why"
            }
            Recorder::Drawn
                if !package.is_empty() || simulated || self.runs.is_some() =>
            {
                "what is drawn has no package, no clock and no [runs]"
            }
            Recorder::Drawn if !self.rule.is_empty() => {
                "a [[rule]] is for strace; what is drawn has [[run.event]]"
            }
            Recorder::Program | Recorder::Strace if package.is_empty() => {
                "missing field `package`: the one that has the examples"
            }
            Recorder::Strace if self.rule.is_empty() => {
                "strace needs [[rule]]: what its lines mean"
            }
            Recorder::Strace if from.is_empty() => {
                "strace needs `from`: the first call of interest"
            }
            Recorder::Strace if simulated => "strace knows the wall clock only",
            Recorder::Program if !self.rule.is_empty() => {
                "a [[rule]] is for strace; a program prints events"
            }
            _ if self.picture == Picture::Gantt && !simulated => {
                "a Gantt chart needs `clock = \"simulated\"`"
            }
            _ if simulated == unit.trim().is_empty() => {
                "field `unit`: what a simulated clock counts, such as \"s\""
            }
            _ => return Ok(()),
        };
        Err(("[record]".to_owned(), message.to_owned()))
    }
}

impl State {
    /// Can the value be shown so?
    ///
    /// # Errors
    /// What is allowed.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        match (self.show, value) {
            (Show::Words, Value::Words(words)) => schema::check_words(words),
            (Show::Words, _) => Err(format!(
                "{:?} shows words: a list of rows with `at` and `value`",
                self.id
            )),
            (_, Value::Words(_)) => Err(format!(
                "{:?} shows a number or a text; rows need `show = \"words\"`",
                self.id
            )),
            _ => Ok(()),
        }
    }
}

impl Run {
    fn check(&self, recorder: Recorder) -> Result<(), String> {
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
        if recorder == Recorder::Drawn {
            if !self.example.is_empty() || !self.args.is_empty() {
                return Err("field `example`: what is drawn runs none".into());
            }
            if self.event.is_empty() {
                return Err("[[run.event]]: what is drawn has some".into());
            }
        } else {
            if self.example.is_empty() {
                return Err("missing field `example`".into());
            }
            if !self.event.is_empty() {
                return Err("[[run.event]]: only with kind = \"drawn\"".into());
            }
            if self.code.is_empty() {
                let message = "field `code`: the code that the steps execute";
                return Err(message.into());
            }
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

    /// A Gantt chart with controls.
    pub fn workshop() -> Definition {
        let text = include_str!("workshop.toml");
        Definition::parse("w.toml", text).expect("a valid fixture")
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
        wrong("show = \"cells\"", "show = \"words\"", 19, "a list of rows");
        wrong(
            "start = 0",
            "start = [{ at = \"a\", value = \"b\" }]",
            19,
            "rows",
        );
        wrong("example = \"probe\"", "", 26, "missing field `example`");
        wrong(
            "kind = \"program\"",
            "kind = \"drawn\"",
            26,
            "what is drawn runs none",
        );
        wrong(
            "label = \"Kernel\"",
            "label = \"A kernel whose name never comes to its end, for it is \
             wide, and then wider\"",
            15,
            "more than two lines",
        );
    }
}
