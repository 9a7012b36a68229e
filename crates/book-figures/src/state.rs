//! A displayed value, as it is defined: what it is called, how it is shown, and
//! where it stands in a picture of memory.

use serde::Deserialize;

use crate::event::{Run, Value};

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
    /// Of words: where they stand in a picture of memory.
    #[serde(default)]
    pub place: Option<Place>,
    /// Of placed words: what lies before the first.
    #[serde(default)]
    pub above: String,
    /// Of placed words: the one whose pointer is drawn thick.
    #[serde(default)]
    pub strong: String,
    /// The value before the first step.
    pub start: Value,
    /// The runs that have it; none named means all.
    #[serde(default)]
    pub runs: Vec<String>,
}

impl State {
    /// The value after a step, counted from 1; 0 is the start.
    pub(crate) fn after<'a>(&'a self, run: &'a Run, step: usize) -> &'a Value {
        let event = step.checked_sub(1).and_then(|nth| run.events.get(nth));
        event
            .and_then(|event| event.state.get(&self.id))
            .unwrap_or(&self.start)
    }

    /// The value before a step.
    pub(crate) fn before<'a>(&'a self, run: &'a Run, step: usize) -> &'a Value {
        self.after(run, step.saturating_sub(1))
    }
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

/// A column of a picture of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The left one.
    Left,
    /// Between the two.
    Middle,
    /// The right one.
    Right,
}

/// A value that points to a word: an arrow leads there from wherever it stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// The value.
    pub value: String,
    /// The displayed value with that word.
    pub to: String,
    /// The word; without it the first one, or, where something lies above that,
    /// its upper edge.
    #[serde(default)]
    pub at: String,
}
