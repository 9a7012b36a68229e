//! What is written by hand about a model: its picture, the words of what
//! happens, and the challenges.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::check;
use crate::definition::Recorder;
use crate::fault::Fault;
use crate::read;

/// A model, but for its states.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The caption. Code stands in back quotes.
    pub title: String,
    /// What the picture shows, for readers who do not see it.
    pub alt: String,
    /// A sentence about the enumeration that the reader must know.
    #[serde(default)]
    pub note: String,
    /// `model`.
    pub picture: Picture,
    /// The picture's width and height, in its own units.
    pub size: [f64; 2],
    /// What is said before anything was done.
    pub start: String,
    /// How the states are enumerated.
    pub record: Record,
    /// The values of a state.
    pub state: Vec<State>,
    /// What can be done, in the order of the buttons.
    pub action: Vec<Action>,
    /// The variants between which the reader chooses.
    pub run: Vec<Run>,
    /// What the picture is made of, from back to front.
    pub shape: Vec<Shape>,
    /// What happens, in words: the first that fits is taken.
    pub say: Vec<Say>,
    /// What the reader is to find.
    #[serde(default)]
    pub challenge: Vec<Challenge>,
}

/// The one kind of picture that this module makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Picture {
    /// An object, and what can be done to it.
    Model,
}

/// How the states are enumerated.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// `program`: nothing else enumerates states.
    pub kind: Recorder,
    /// The package that has the example.
    pub package: String,
    /// The example to run.
    pub example: String,
}

/// A value of a state.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The name in the files.
    pub id: String,
    /// The name for the reader: in tables, and said aloud. A value without it
    /// serves the picture and the words.
    #[serde(default)]
    pub label: Option<String>,
}

/// Something that can be done.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The name in the files.
    pub id: String,
    /// What the button says.
    pub label: String,
    /// Who does it: neighbours with the same words are one group.
    pub who: String,
    /// A lower-case letter that stands for it: a key, and in addresses.
    pub key: char,
}

/// A variant of the model, with all its states.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The name in the files.
    pub id: String,
    /// The name for the reader.
    pub label: String,
    /// The example's arguments.
    #[serde(default)]
    pub args: Vec<String>,
}

/// A part of the picture.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// What it looks like.
    pub draw: Draw,
    /// Left, top, width and height; of a line, where it begins and ends; of a
    /// text, where it stands.
    pub at: Vec<f64>,
    /// What is written there: a text's words, in which one value may stand in
    /// braces, or the name of a frame.
    #[serde(default)]
    pub text: String,
    /// The value that cells count: a number.
    #[serde(default)]
    pub value: Option<String>,
    /// How many cells there are.
    #[serde(default)]
    pub cells: usize,
    /// The states in which it is seen.
    #[serde(default)]
    pub when: When,
}

/// What a shape looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Draw {
    /// A place: a thin frame with its name above its upper left corner.
    Frame,
    /// A list: a thick frame with its name inside.
    List,
    /// A thing that is there.
    Card,
    /// Where a thing was, or would be: a dashed frame.
    Ghost,
    /// A row of cells, of which as many are full as a value says.
    Cells,
    /// Words.
    Text,
    /// Words that matter.
    Strong,
    /// Words that matter less.
    Quiet,
    /// An arrow.
    Arrow,
    /// A dashed arrow.
    Trace,
}

/// What must hold of a state: of each value that is named, what it may be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct When(pub BTreeMap<String, Allowed>);

/// What a value may be: one text, or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Allowed {
    /// This one.
    One(String),
    /// One of these.
    Any(Vec<String>),
}

/// Words for what came of an action.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// What was done, or could not be.
    pub action: Allowed,
    /// What came of it, as the program calls it.
    pub answer: Allowed,
    /// What held before.
    #[serde(default)]
    pub before: When,
    /// What holds now.
    #[serde(default)]
    pub after: When,
    /// The runs that it is for; none named means all.
    #[serde(default)]
    pub runs: Vec<String>,
    /// The sentence.
    pub text: String,
}

/// Something to find.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// What the reader is to bring about.
    pub goal: String,
    /// What it teaches: told when it was found.
    pub why: String,
    /// The state that is to be reached.
    pub state: When,
    /// The actions one of which has to lead there; none named means any.
    #[serde(default)]
    pub by: Vec<String>,
    /// The run whose solution the still form shows.
    pub run: String,
    /// That solution: the actions' letters. A shortest one if it is not given.
    #[serde(default)]
    pub way: Option<String>,
}

impl Definition {
    /// Reads a definition; `file` is its name in messages, `text` is TOML.
    ///
    /// # Errors
    /// A [`Fault`] when it is not of this form, or breaks a rule.
    pub fn parse(file: &str, text: &str) -> Result<Definition, Fault> {
        read::definition(file, text, |d| check::definition(d))
    }

    /// The values that a reader is told, with their names.
    pub(super) fn told(&self) -> impl Iterator<Item = (&str, &str)> {
        self.state.iter().filter_map(|state| {
            let label = state.label.as_deref()?;
            Some((state.id.as_str(), label))
        })
    }
}

impl When {
    /// Does it hold of a state with these values?
    pub fn holds(&self, values: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|(id, allowed)| {
            let value = values.get(id);
            value.is_some_and(|value| allowed.texts().contains(value))
        })
    }

    /// The values that it names, each with a text that it may be.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&String, &String)> {
        let all = self.0.iter();
        all.flat_map(|(id, own)| own.texts().iter().map(move |t| (id, t)))
    }
}

impl Allowed {
    pub(super) fn texts(&self) -> &[String] {
        match self {
            Allowed::One(text) => std::slice::from_ref(text),
            Allowed::Any(texts) => texts,
        }
    }
}
