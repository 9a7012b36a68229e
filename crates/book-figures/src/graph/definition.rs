//! What is written by hand about a graph: the goals, the words of the steps,
//! and what the ends mean.

use serde::Deserialize;

use super::check;
use super::recording::Actor;
use crate::definition::{Code, Recorder};
use crate::fault::Fault;
use crate::read;

/// A graph, but for its states.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The caption. Code stands in back quotes.
    pub title: String,
    /// What the map shows, for readers who do not see it.
    pub alt: String,
    /// A sentence about the enumeration that the reader must know.
    #[serde(default)]
    pub note: String,
    /// `graph`.
    pub picture: Picture,
    /// How the states are enumerated.
    pub record: Record,
    /// The actors, in the order of their buttons: one to four.
    pub lane: Vec<Lane>,
    /// What is displayed of a state.
    pub state: Vec<State>,
    /// The levels between which the reader chooses.
    pub run: Vec<Level>,
    /// What the lines of code do, in words.
    pub step: Vec<Words>,
}

/// The one kind of picture that this module makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Picture {
    /// States, and the steps between them.
    Graph,
}

/// How the states are enumerated.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// `program`: nothing else enumerates states.
    pub kind: Recorder,
    /// The package that has the examples.
    pub package: String,
}

/// An actor.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    /// The name in the files.
    pub id: String,
    /// The name for the reader.
    pub label: String,
    /// A lower-case letter that stands for the actor: a key, and its mark.
    pub key: char,
}

/// A displayed value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The name in the files.
    pub id: String,
    /// The name for the reader.
    pub label: String,
    /// The levels that have it; none named means all.
    #[serde(default)]
    pub runs: Vec<String>,
}

/// A level: a model with all its states.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// The name in the files.
    pub id: String,
    /// The name for the reader.
    pub label: String,
    /// What the reader is to find.
    pub goal: String,
    /// The example to run.
    pub example: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// The code that is shown, and that the actors run.
    pub code: Vec<Code>,
    /// The end that the still form shows, and the button of the live one.
    pub show: String,
    /// The schedule that has this end: the actors' letters, one for each step.
    /// A shortest one if it is not given.
    #[serde(default)]
    pub schedule: Option<String>,
    /// How a schedule may end.
    pub end: Vec<End>,
}

/// How a schedule may end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// The name in the files.
    pub id: String,
    /// In a word or two.
    pub label: String,
    /// Why it is so.
    pub why: String,
    /// Is it what must not happen? The level says how many schedules lose.
    #[serde(default)]
    pub loses: bool,
}

/// What a line of code does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// What the line contains.
    pub at: String,
    /// What the line contains that the actor has run last.
    #[serde(default)]
    pub after: Option<String>,
    /// The actor that it is for, where several run such a line.
    #[serde(default)]
    pub lane: Option<String>,
    /// Of several equal lines, which one it is, counted from 1.
    #[serde(default)]
    pub nth: Option<usize>,
    /// The levels that it is for; none named means all.
    #[serde(default)]
    pub runs: Vec<String>,
    /// What the actor does there: `looks at the flag`.
    pub does: String,
    /// What it does while it cannot go on: `sleeps until it is woken`.
    #[serde(default)]
    pub waits: Option<String>,
}

impl Definition {
    /// Reads a definition; `file` is its name in messages, `text` is TOML.
    ///
    /// # Errors
    /// A [`Fault`] when it is not of this form, or breaks a rule.
    pub fn parse(file: &str, text: &str) -> Result<Definition, Fault> {
        read::definition(file, text, |d| check::definition(d))
    }

    /// The displayed values of a level.
    pub fn states<'a>(
        &'a self,
        level: &'a str,
    ) -> impl Iterator<Item = &'a State> {
        self.state
            .iter()
            .filter(move |state| includes(&state.runs, level))
    }
}

impl Words {
    /// Are these the words for what an actor does next?
    pub(super) fn fit(&self, level: &str, actor: &Actor) -> bool {
        let Some(source) = &actor.source else {
            return false;
        };
        let last = |after: &String| {
            let own = actor.after.as_ref();
            own.is_some_and(|own| own.text.contains(after))
        };
        source.text.contains(&self.at)
            && self.after.as_ref().is_none_or(last)
            && self.lane.as_ref().is_none_or(|own| *own == actor.lane)
            && self.nth.is_none_or(|own| own == source.nth)
            && includes(&self.runs, level)
    }
}

/// An empty list names all.
fn includes(list: &[String], level: &str) -> bool {
    list.is_empty() || list.iter().any(|own| own == level)
}
