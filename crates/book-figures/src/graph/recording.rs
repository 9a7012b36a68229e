//! Every state of a model, as a program prints it and as it is stored.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::definition::Definition;
use crate::code::Part;
use crate::fault::Fault;
use crate::states::{self, line_of_state};

/// A line that the enumerating program prints: a state. The first line is the
/// state in which the model begins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printed {
    /// Every displayed value.
    pub values: BTreeMap<String, String>,
    /// The actors, in the definition's order.
    pub actors: Vec<PrintedActor>,
    /// If no actor can act: the definition's name for this end.
    #[serde(default)]
    pub end: Option<String>,
}

/// Where an actor stands in a state that is printed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrintedActor {
    /// Who.
    pub lane: String,
    /// The line of code that it runs next: `file:line`. None if it is done.
    #[serde(default)]
    pub at: Option<String>,
    /// The line that it has run last: `file:line`.
    #[serde(default)]
    pub after: Option<String>,
    /// The state to which that leads: the number of its line, counted from 0.
    /// None if the actor cannot go on.
    #[serde(default)]
    pub to: Option<usize>,
}

/// All levels of a graph, as they are stored.
pub type Recording = states::Recording<Node>;

/// A level: every state of its model.
pub type Recorded = states::Recorded<Node>;

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Every displayed value.
    pub values: BTreeMap<String, String>,
    /// The actors, in the definition's order.
    pub actors: Vec<Actor>,
    /// How it ended, if no actor can act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

/// Where an actor stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Who.
    pub lane: String,
    /// The line of code that it runs next. None if it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The line of code that it has run last, unless it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Source>,
    /// The state to which that leads, counted from 0. None if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<usize>,
}

/// A line of code, named so that it may move.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Relative to the project's root.
    pub file: String,
    /// The line, without the space around it.
    pub text: String,
    /// Which of the equal lines that are shown it is, counted from 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub nth: usize,
}

fn one() -> usize {
    1
}

fn is_one(nth: &usize) -> bool {
    *nth == 1
}

/// What a program has printed, with lines of code in place of their numbers.
///
/// # Errors
/// The state, counted from 0, with what is wrong there.
pub fn nodes(
    parts: &[Part],
    printed: Vec<Printed>,
) -> Result<Vec<Node>, (usize, String)> {
    let mut known = HashMap::new();
    let mut named = |at: Option<String>| -> Result<Option<Source>, String> {
        let Some(at) = at else { return Ok(None) };
        let found = match known.get(&at) {
            Some(found) => Source::clone(found),
            None => source(parts, &at)?,
        };
        known.insert(at, found.clone());
        Ok(Some(found))
    };
    let mut nodes = Vec::new();
    for (index, state) in printed.into_iter().enumerate() {
        let mut actors = Vec::new();
        for actor in state.actors {
            let wrong = |error| (index, error);
            actors.push(Actor {
                lane: actor.lane,
                source: named(actor.at).map_err(wrong)?,
                after: named(actor.after).map_err(wrong)?,
                to: actor.to,
            });
        }
        nodes.push(Node {
            values: state.values,
            actors,
            end: state.end,
        });
    }
    Ok(nodes)
}

/// The line that is called `file:line`.
fn source(parts: &[Part], at: &str) -> Result<Source, String> {
    let wrong = || format!("{at:?} is no line of the code that is shown");
    let (file, line) = at.rsplit_once(':').ok_or_else(wrong)?;
    let line: usize = line.parse().map_err(|_| wrong())?;
    let shown = parts
        .iter()
        .filter(|part| part.file == file)
        .flat_map(|part| &part.lines);
    let (_, text) = shown
        .clone()
        .find(|(number, _)| *number == line)
        .ok_or_else(wrong)?;
    let text = text.trim();
    let equal = |found: &&(usize, String)| found.1.trim() == text;
    let before = shown
        .take_while(|(number, _)| *number != line)
        .filter(equal);
    Ok(Source {
        file: file.to_owned(),
        text: text.to_owned(),
        nth: before.count() + 1,
    })
}

impl Source {
    /// The number of the line among all that are shown, counted from 0.
    pub(super) fn find(&self, parts: &[Part]) -> Option<usize> {
        let lines = parts.iter().flat_map(|part| {
            part.lines.iter().map(|(_, line)| (&part.file, line.trim()))
        });
        lines
            .enumerate()
            .filter(|(_, (file, line))| {
                **file == self.file && *line == self.text
            })
            .nth(self.nth.checked_sub(1)?)
            .map(|(index, _)| index)
    }
}

impl Recording {
    /// Does it keep the rules, and fit its definition?
    ///
    /// # Errors
    /// The first [`Fault`]. `file` and `text` are as for
    /// [`Recording::parse`].
    pub fn check(
        &self,
        file: &str,
        text: &str,
        name: &str,
        definition: &Definition,
    ) -> Result<(), Fault> {
        super::check::recording(self, name, definition).map_err(
            |(place, message)| Fault {
                file: file.to_owned(),
                line: place.map_or(1, |(level, state)| {
                    line_of_state(text, level, state)
                }),
                message,
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::tests::{JSON, code};

    #[test]
    fn a_line_of_code_is_found_by_its_number_and_kept_by_its_text() {
        let parts = &code()[0];
        let found = source(parts, "baker.rs:4").unwrap();
        let (nth, text) = (2, "look();".to_owned());
        let file = "baker.rs".to_owned();
        assert_eq!(found, Source { file, text, nth });
        assert_eq!(found.find(parts), Some(3));
        for at in ["baker.rs:99", "other.rs:4", "baker.rs", "baker.rs:x"] {
            assert!(source(parts, at).unwrap_err().contains(at));
        }
    }

    #[test]
    fn what_is_printed_becomes_a_state() {
        let line = r#"{"values": {"oven": "cold"}, "actors": [{"lane": "baker", "at": "baker.rs:3", "to": 1}, {"lane": "clock"}]}"#;
        let printed: Printed = serde_json::from_str(line).unwrap();
        let made = nodes(&code()[0], vec![printed]).unwrap();
        assert_eq!(made[0].actors[0].source.as_ref().unwrap().nth, 1);
        assert_eq!(made[0].actors[1].source, None);
        let line = line.replace("rs:3", "rs:0");
        let printed: Printed = serde_json::from_str(&line).unwrap();
        assert_eq!(nodes(&code()[0], vec![printed]).unwrap_err().0, 0);
    }

    #[test]
    fn a_recording_is_read_as_it_was_written_and_has_a_state_a_line() {
        let recording = Recording::parse("b.json", JSON).unwrap();
        let text = recording.to_json().unwrap();
        let again = Recording::parse("b.json", &text).unwrap();
        assert_eq!(again.logic().unwrap(), recording.logic().unwrap());
        for (nth, level) in recording.levels.iter().enumerate() {
            for (index, state) in level.states.iter().enumerate() {
                let line = line_of_state(&text, nth, index);
                let line = text.lines().nth(line - 1).unwrap();
                let found: Node =
                    serde_json::from_str(line.trim_end_matches(',')).unwrap();
                assert_eq!(found, *state);
            }
        }
    }

    #[test]
    fn another_version_is_refused_by_its_line() {
        let text = JSON.replace("\"version\": 1", "\"version\": 2");
        let fault = Recording::parse("b.json", &text).unwrap_err();
        assert!(fault.to_string().starts_with("b.json:2: field `version`"));
    }
}
