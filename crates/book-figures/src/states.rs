//! All states of something, as they are stored: of a graph, or of a model. What
//! a state is, they say.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::read;
use crate::recording::Provenance;

/// All levels or runs of a figure, as they are stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recording<N> {
    /// [`VERSION`](crate::VERSION).
    pub version: u32,
    /// The figure's name: that of the file.
    pub figure: String,
    /// By which command, on what machine, when.
    pub recorded: Provenance,
    /// The definition's levels or runs, in their order.
    pub levels: Vec<Recorded<N>>,
    /// What the recorder has written to know its own work again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// A level or a run: every state of its model.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded<N> {
    /// The definition's name for it.
    pub id: String,
    /// What was run.
    pub command: String,
    /// The states; the first one is the beginning.
    pub states: Vec<N>,
}

impl<N: DeserializeOwned + Serialize> Recording<N> {
    /// Reads a recording; `file` is its name in messages.
    ///
    /// # Errors
    /// A [`Fault`] when it is not of this form, or of another version.
    pub fn parse(file: &str, text: &str) -> Result<Self, Fault> {
        read::recording(file, text)
    }

    /// The recording as it is stored: a state a line.
    ///
    /// # Errors
    /// None that could happen: the form has no maps with odd keys.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let text = |text: &str| serde_json::to_string(text);
        let mut json = format!(
            "{{\n\"version\": {},\n\"figure\": {},\n\"recorded\": {},\n\
             \"levels\": [",
            self.version,
            text(&self.figure)?,
            serde_json::to_string(&self.recorded)?
        );
        for (nth, level) in self.levels.iter().enumerate() {
            let comma = if nth > 0 { "," } else { "" };
            json += &format!(
                "{comma}\n{{\"id\": {}, \"command\": {}, \"states\": [\n",
                text(&level.id)?,
                text(&level.command)?
            );
            let states: Result<Vec<_>, _> =
                level.states.iter().map(serde_json::to_string).collect();
            json += &states?.join(",\n");
            json += "\n]}";
        }
        json += "\n]";
        if let Some(digest) = &self.digest {
            json += &format!(",\n\"digest\": {}", text(digest)?);
        }
        Ok(json + "\n}\n")
    }

    /// Everything but where and when it was recorded, a line for each state.
    ///
    /// # Errors
    /// None that could happen, as above.
    pub fn logic(&self) -> Result<String, serde_json::Error> {
        let mut logic = String::new();
        for level in &self.levels {
            logic += &format!("{}: {}\n", level.id, level.command);
            for state in &level.states {
                logic += &serde_json::to_string(state)?;
                logic.push('\n');
            }
        }
        Ok(logic)
    }

    /// The level and the state, from 0, where this parts from another one.
    pub fn first_other(&self, other: &Self) -> Option<(usize, usize)>
    where
        N: PartialEq,
    {
        let levels = self.levels.iter().zip(&other.levels).enumerate();
        levels.into_iter().find_map(|(level, (a, b))| {
            let mut states = a.states.iter().zip(&b.states);
            let other = states.position(|(a, b)| a != b);
            let fewer = a.states.len() != b.states.len();
            let last = a.states.len().saturating_sub(1);
            let at = other.or(fewer.then_some(last))?;
            Some((level, at))
        })
    }
}

/// The line where a state of a level begins, both counted from 0: that of its
/// values.
#[must_use]
pub fn line_of_state(text: &str, level: usize, state: usize) -> usize {
    let mut levels = 0;
    let mut states = 0;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let own = line.trim_start_matches(['{', ' ']);
        if line.ends_with("\"states\": [") {
            levels += 1;
            states = 0;
        } else if levels == level + 1 && own.starts_with("\"values\"") {
            if states == state {
                return index + 1;
            }
            states += 1;
        }
    }
    1
}
