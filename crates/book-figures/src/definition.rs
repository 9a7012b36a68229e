//! What is written by hand about a figure, in a file of TOML.
//!
//! The crate's README shows every field with an example. A definition also
//! says how recordings are made ([`Record`], [`Rule`]); making them is the
//! recorder's matter.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::event::{Clock, Event, Kind, Move, Value};
pub use crate::state::{Place, Pointer, Show, State};

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
    /// Of a picture of memory: which values point to what.
    #[serde(default)]
    pub pointer: Vec<Pointer>,
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
    /// Memory and registers, as they are after the step.
    Memory,
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
    /// With `each`: the `id` as it stands in the file.
    #[serde(skip)]
    pub(crate) written: Option<String>,
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
    /// With controls: the name beside its strip.
    #[serde(skip)]
    pub short: String,
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
    /// The step that decides it, counted from 1. The last one if it is not
    /// given.
    #[serde(default)]
    pub decided: Option<usize>,
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
    /// Who does it.
    pub lane: String,
    /// To whom, where the kind has such a one.
    #[serde(default)]
    pub to: Option<String>,
    /// What kind of thing it is.
    pub kind: Kind,
    /// A few words for the picture.
    pub text: String,
    /// Of a call: what came back, if it came back at once.
    #[serde(default)]
    pub answer: Option<String>,
    /// A sentence or two: the step's caption.
    pub detail: String,
    /// How many times it happened in a row.
    #[serde(default = "once")]
    pub count: u64,
    /// What the line of code contains that does it.
    #[serde(default)]
    pub at: Option<String>,
    /// The displayed values that it changes.
    #[serde(default)]
    pub state: BTreeMap<String, Value>,
    /// Which words are copied to where.
    #[serde(default)]
    pub moves: Vec<Move>,
    /// Is this a step for print?
    #[serde(default)]
    pub key: bool,
    /// When, by the simulated clock.
    #[serde(default)]
    pub time: Option<u64>,
    /// How long from then, by the simulated clock.
    #[serde(default)]
    pub took: Option<u64>,
    /// When, in microseconds.
    #[serde(default)]
    pub at_us: Option<u64>,
    /// How long, in microseconds.
    #[serde(default)]
    pub took_us: Option<u64>,
    /// The recorder's own words.
    #[serde(default)]
    pub raw: Option<String>,
}

fn once() -> u64 {
    1
}

/// Something that the reader sets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// The name in the files.
    pub id: String,
    /// The name for the reader.
    pub label: String,
    /// How it is set.
    pub kind: ControlKind,
    /// Of a choice: between what.
    #[serde(default)]
    pub values: Vec<Choice>,
    /// Of a range: the least number.
    #[serde(default)]
    pub from: u32,
    /// Of a range: the greatest number.
    #[serde(default)]
    pub to: u32,
    /// Of a range: the number that it has at first.
    #[serde(default)]
    pub start: Option<u32>,
}

/// How a control is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ControlKind {
    /// One of a few words.
    Choice,
    /// A number, dragged.
    Range,
}

/// A value of a control.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The name in the files.
    pub id: String,
    /// The name for the reader.
    pub label: String,
    /// The same in a word, for a strip.
    #[serde(default)]
    pub short: String,
}

/// What stands for all runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// A run's name for the reader. `{id}` stands for a control's value.
    pub label: String,
    /// The example to run.
    pub example: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// The code that is shown.
    pub code: Vec<Code>,
    /// The runs that are shown in print.
    pub key: Vec<String>,
    /// What the reader is asked, once.
    pub predict: Predict,
    /// Of a Gantt chart: which runs that question compares.
    #[serde(default)]
    pub compare: Option<Compare>,
}

/// Runs as strips on one axis.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// What the strips show.
    pub label: String,
    /// A run's name beside its strip. `{id}` stands for a control's value.
    pub name: String,
    /// The runs that the question compares.
    pub runs: Vec<String>,
}

impl Definition {
    /// The displayed values of a run.
    pub fn states<'a>(
        &'a self,
        run: &'a str,
    ) -> impl Iterator<Item = &'a State> {
        self.state
            .iter()
            .filter(move |state| includes(&state.runs, run))
    }

    /// Which runs are compared, and how.
    pub(crate) fn compare(&self) -> Option<&Compare> {
        self.runs.as_ref().and_then(|runs| runs.compare.as_ref())
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

    /// How many gaps between lanes an event's words have for themselves.
    pub(crate) fn gaps(&self, event: &Event) -> usize {
        let from = self.column(&event.lane);
        let to = event.to.as_ref().map(|to| self.column(to));
        to.map_or(1, |to| from.abs_diff(to)).max(1)
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
