//! What happens in a run: events in their logical order.
//!
//! Two things are deliberately left out. Times of the wall clock are there to
//! be shown, never to be compared. And how events look is not said here.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::{spoken, thousands};

/// One run of a program.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The definition's name for it.
    pub id: String,
    /// What was run.
    pub command: String,
    /// What happened, in logical order.
    pub events: Vec<Event>,
}

/// One thing that happened: a step of the figure.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Counted from 1.
    pub step: usize,
    /// Who does it.
    pub lane: String,
    /// To whom it is done, where the kind has such a one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What kind of thing it is: a closed set.
    pub kind: Kind,
    /// A few words for the picture. `{count}` and `{took}` stand for the
    /// fields of that name, here and in `answer` and `detail`.
    pub text: String,
    /// Of a call: what came back, if it came back at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// A sentence or two: the step's caption. Code stands in back quotes.
    pub detail: String,
    /// How many times it happened in a row. Only whether that is more than
    /// once belongs to the logical order.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u64,
    /// The line of code that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Every displayed value after this step.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub state: BTreeMap<String, Value>,
    /// Which words the step copies to where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// Is this a step for print, where only a few frames are shown?
    #[serde(default, skip_serializing_if = "is_false")]
    pub key: bool,
    /// When, by the simulated clock, in its unit. Part of the logical order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<u64>,
    /// How long from then, by the simulated clock: a span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took: Option<u64>,
    /// When, in microseconds after the run's first event. Only to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_us: Option<u64>,
    /// How long, in microseconds. Only to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
    /// The recorder's own words, such as a line of strace. Only to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// Whose time it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The machine's: `at_us` and `took_us`, which differ from run to run.
    #[default]
    Wall,
    /// The program's own: `time` and `took`, part of the logical order.
    Simulated,
}

/// What kind of thing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A lane asks another one for something. With an `answer` the caller
    /// continues at once; without, a `return` comes later.
    Call,
    /// The answer to an earlier call.
    Return,
    /// Something is handed over that nobody called for at that moment.
    Data,
    /// A lane stops, and costs nothing until it is woken.
    Sleep,
    /// A lane continues: `to`, or without one the lane itself (a timer).
    Wake,
    /// A lane is busy by itself.
    Work,
    /// Something about a lane has changed.
    State,
    /// A remark.
    Note,
}

/// Does an event of a kind name a second lane?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Second {
    Needed,
    Allowed,
    None,
}

impl Kind {
    pub(crate) fn second(self) -> Second {
        match self {
            Kind::Call | Kind::Return | Kind::Data => Second::Needed,
            Kind::Wake => Second::Allowed,
            Kind::Sleep | Kind::Work | Kind::State | Kind::Note => Second::None,
        }
    }

    /// The word that the files use.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Call => "call",
            Kind::Return => "return",
            Kind::Data => "data",
            Kind::Sleep => "sleep",
            Kind::Wake => "wake",
            Kind::Work => "work",
            Kind::State => "state",
            Kind::Note => "note",
        }
    }
}

/// A line of code, found by its text so that it may move.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Relative to the project's root.
    pub file: String,
    /// What exactly one line of the code that the run shows contains.
    pub text: String,
}

/// A displayed value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(
    untagged,
    expecting = "a value is a number, a text, or a list of rows with `at`, \
                 `value`, and perhaps `shown` and `means`"
)]
pub enum Value {
    /// Such as a number of bytes.
    Number(i64),
    /// Such as a list.
    Text(String),
    /// Words of memory, or registers.
    Words(Vec<Word>),
}

/// A word of memory, or a register.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// Where: an offset or a register, never an address.
    pub at: String,
    /// What stands there, by a name or number that is the same in every run.
    pub value: String,
    /// Displayed in place of `value`. Not part of the logical order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// What that means, in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub means: String,
}

/// A word is copied, such as from a register to a word of memory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// From where.
    pub from: Spot,
    /// To where.
    pub to: Spot,
}

/// Where a word stands: in the file, the value's `id` and the word's `at`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Spot(pub String, pub String);

impl Value {
    /// The word at a place, if these are words and there is one.
    pub(crate) fn word(&self, at: &str) -> Option<&Word> {
        let Value::Words(words) = self else {
            return None;
        };
        words.iter().find(|word| word.at == at)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Text(text) => f.write_str(text),
            // Without what differs from run to run.
            Value::Words(words) => {
                for (index, word) in words.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{}: {}", word.at, word.value)?;
                    if !word.means.is_empty() {
                        write!(f, " ({})", word.means)?;
                    }
                }
                Ok(())
            }
        }
    }
}

fn one() -> u64 {
    1
}

fn is_one(count: &u64) -> bool {
    *count == 1
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Event {
    /// `text`, `answer` or `detail` with its placeholders filled in.
    pub fn filled(&self, text: &str) -> String {
        // A simulated clock has a unit of its own, which the author writes.
        let took = match self.took {
            Some(took) => thousands(took),
            None => spoken(self.took_us.unwrap_or(0)),
        };
        text.replace("{count}", &thousands(self.count))
            .replace("{took}", &took)
            .replace("{time}", &thousands(self.time.unwrap_or(0)))
    }

    /// When the event's span is over, by the simulated clock.
    pub fn end(&self) -> u64 {
        self.time.unwrap_or(0) + self.took.unwrap_or(0)
    }

    /// What of the event belongs to the logical order, in a line.
    pub fn logic(&self) -> String {
        let mut line = format!("{} {}", self.lane, self.kind.word());
        if let Some(to) = &self.to {
            line += &format!(" to {to}");
        }
        line += &format!(": {}", self.text);
        if let Some(answer) = &self.answer {
            line += &format!(" = {answer}");
        }
        if self.count > 1 {
            line += ", repeated";
        }
        if let Some(time) = self.time {
            line += &format!("; at {time}");
        }
        if let Some(took) = self.took {
            line += &format!(", takes {took}");
        }
        for (name, value) in &self.state {
            line += &format!("; {name} {:?}", value.to_string());
        }
        for Move { from, to } in &self.moves {
            line += &format!("; {} {}", from.0, from.1);
            line += &format!(" to {} {}", to.0, to.1);
        }
        if let Some(Source { file, text }) = &self.source {
            line += &format!("; at {text:?} of {file}");
        }
        if self.key {
            line += "; a frame in print";
        }
        line + &format!("; {}", self.detail)
    }
}

impl Run {
    /// When the last of it is over, by the simulated clock.
    pub fn end(&self) -> u64 {
        self.events.iter().map(Event::end).max().unwrap_or(0)
    }

    /// The logical order of the run, a line for each event.
    pub fn logic(&self) -> String {
        self.events
            .iter()
            .map(|event| format!("{}\n", event.logic()))
            .collect()
    }
}
