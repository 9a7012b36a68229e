//! What is written by hand about measurements: the question, the names, and
//! what must hold of the numbers.

use serde::Deserialize;

use super::check;
use crate::definition::{Predict, Recorder};
use crate::fault::Fault;
use crate::read;

/// A figure of measurements, but for the numbers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The caption. Code stands in back quotes.
    pub title: String,
    /// What the picture shows, for readers who do not see it.
    pub alt: String,
    /// A sentence about the measurement that the reader must know.
    #[serde(default)]
    pub note: String,
    /// Which picture it is.
    pub picture: Picture,
    /// How it is recorded.
    pub record: Record,
    /// What the axis below the picture counts: of a histogram the values, of
    /// lines the cases.
    pub across: String,
    /// Of a histogram: the unit of the values.
    #[serde(default)]
    pub unit: String,
    /// Of a histogram: what the bars count.
    #[serde(default)]
    pub counts: String,
    /// Of lines: the fields, one below the other.
    #[serde(default)]
    pub panel: Vec<Panel>,
    /// What was measured.
    pub series: Vec<Series>,
    /// The question that comes before the numbers.
    pub predict: Predict,
    /// What must hold of the numbers.
    pub expect: Vec<Expect>,
}

/// The pictures that this module makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Picture {
    /// How often each value was measured: a row of bars for each series.
    Histogram,
    /// Medians by cases that are numbers: a line for each series.
    Lines,
}

/// How it is recorded.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// `program`: nothing else measures.
    pub kind: Recorder,
    /// The package that has the example.
    pub package: String,
    /// The example to run.
    pub example: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
}

/// A field of lines that have one scale.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// The name in the definition.
    pub id: String,
    /// The title.
    pub label: String,
    /// The unit of its values; what is counted has "count".
    pub unit: String,
}

/// What was measured: a row of bars, or a line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The name in the files.
    pub id: String,
    /// The name for the reader.
    pub label: String,
    /// Of lines: the field in which it is.
    #[serde(default)]
    pub panel: String,
}

/// What must hold of the numbers: what the page says of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// A comparison: `task.p99 > 100 * nothing.p99`.
    pub that: String,
    /// Of every fresh run, too. A busy machine makes times longer, so for
    /// these only a lower bound holds always.
    #[serde(default)]
    pub always: bool,
}

impl Definition {
    /// Reads a definition; `file` is its name in messages, `text` is TOML.
    ///
    /// # Errors
    /// A [`Fault`] when it is not of this form, or breaks a rule.
    pub fn parse(file: &str, text: &str) -> Result<Definition, Fault> {
        read::definition(file, text, |d| check::definition(d))
    }

    /// The series of a field of lines.
    pub(super) fn series_of<'a>(
        &'a self,
        panel: &'a Panel,
    ) -> impl Iterator<Item = &'a Series> {
        self.series
            .iter()
            .filter(move |series| series.panel == panel.id)
    }

    /// The unit of a series' values.
    pub(super) fn unit_of(&self, series: &str) -> &str {
        let own = self.series.iter().find(|own| own.id == series);
        let panel = own.and_then(|own| {
            self.panel.iter().find(|panel| panel.id == own.panel)
        });
        panel.map_or(&self.unit, |panel| &panel.unit)
    }

    pub(super) fn is_histogram(&self) -> bool {
        self.picture == Picture::Histogram
    }
}
