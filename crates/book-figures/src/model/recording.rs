//! Every state of a model, as a program prints it and as it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::definition::Definition;
use crate::fault::Fault;
use crate::states::{self, line_of_state};

/// All runs of a model, as they are stored.
pub type Recording = states::Recording<Node>;

/// A run: every state of its model.
pub type Recorded = states::Recorded<Node>;

/// A line that the enumerating program prints: a state. The first line is the
/// state in which the model begins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printed {
    /// Every value.
    pub values: BTreeMap<String, String>,
    /// Every action, by its name.
    pub moves: BTreeMap<String, PrintedMove>,
}

/// What comes of an action in a state that is printed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrintedMove {
    /// What came of it, or why it cannot be done.
    pub answer: String,
    /// The state to which it leads: the number of its line, counted from 0.
    /// None if it cannot be done.
    #[serde(default)]
    pub to: Option<usize>,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Every value.
    pub values: BTreeMap<String, String>,
    /// The actions, in the definition's order.
    pub moves: Vec<Move>,
}

/// What comes of an action. It is stored as a pair, because there are many.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Move(
    /// What came of it, or why it cannot be done.
    pub String,
    /// The state to which it leads, counted from 0. None if it cannot be done.
    pub Option<usize>,
);

impl Printed {
    /// The state, with its actions in the definition's order.
    ///
    /// # Errors
    /// When it has other actions than the definition.
    pub fn node(mut self, definition: &Definition) -> Result<Node, String> {
        let mut moves = Vec::new();
        for action in &definition.action {
            let own = self.moves.remove(&action.id);
            let own = own.ok_or_else(|| {
                format!("it does not say what {:?} does", action.id)
            })?;
            moves.push(Move(own.answer, own.to));
        }
        if let Some((other, _)) = self.moves.pop_first() {
            return Err(format!("action {other:?} is not in the definition"));
        }
        Ok(Node {
            values: self.values,
            moves,
        })
    }
}

impl Node {
    /// What can be done, counted from 0, and where it leads.
    pub(super) fn steps(&self) -> impl Iterator<Item = (usize, usize)> {
        let moves = self.moves.iter().enumerate();
        moves.filter_map(|(action, Move(_, to))| Some((action, (*to)?)))
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
                line: place
                    .map_or(1, |(run, state)| line_of_state(text, run, state)),
                message,
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::{JSON, TOML};

    #[test]
    fn what_is_printed_becomes_a_state_with_all_actions() {
        let definition = Definition::parse("c.toml", TOML).unwrap();
        let line = r#"{"values": {"loaves": "0"}, "moves": {
            "close": {"answer": "done", "to": 2}, "buy": {"answer": "none"},
            "bake": {"answer": "one", "to": 1}}}"#;
        let printed: Printed = serde_json::from_str(line).unwrap();
        let node = printed.clone().node(&definition).unwrap();
        assert_eq!(node.moves[1], Move("none".to_owned(), None));
        assert_eq!(node.steps().collect::<Vec<_>>(), [(0, 1), (2, 2)]);
        let mut more = printed.clone();
        let buy = more.moves["buy"].clone();
        more.moves.insert("eat".to_owned(), buy);
        assert!(more.node(&definition).unwrap_err().contains("\"eat\""));
        let mut fewer = printed;
        fewer.moves.remove("bake");
        assert!(fewer.node(&definition).unwrap_err().contains("\"bake\""));
    }

    #[test]
    fn a_recording_is_read_as_it_was_written_and_has_a_state_a_line() {
        let recording = Recording::parse("c.json", JSON).unwrap();
        let text = recording.to_json().unwrap();
        let again = Recording::parse("c.json", &text).unwrap();
        assert_eq!(again.logic().unwrap(), recording.logic().unwrap());
        for (nth, run) in recording.levels.iter().enumerate() {
            for (index, state) in run.states.iter().enumerate() {
                let line = line_of_state(&text, nth, index);
                let line = text.lines().nth(line - 1).unwrap();
                let found: Node =
                    serde_json::from_str(line.trim_end_matches(',')).unwrap();
                assert_eq!(found, *state);
            }
        }
    }
}
