//! Do a definition and a recording keep the rules, and do they fit?

use std::collections::BTreeSet;

use super::count;
use super::definition::{Challenge, Definition, Draw, Say, Shape, When};
use super::recording::{Node, Recorded, Recording};
use crate::check::{quoted, unique};
use crate::definition::Recorder;

/// The most characters of a button: three stand side by side on a phone.
const LABEL: usize = 15;
/// The most characters of a sentence: four lines on a phone.
const SAYS: usize = 170;
/// The most characters of a value.
const VALUE: usize = 28;

/// What is wrong, and a text near it.
type Wrong = (String, String);

pub(super) fn definition(definition: &Definition) -> Result<(), Wrong> {
    let texts = [
        ("title", &definition.title),
        ("alt", &definition.alt),
        ("start", &definition.start),
    ];
    for (field, text) in texts {
        if text.trim().is_empty() {
            return Err((field.into(), format!("field `{field}`: empty")));
        }
    }
    if definition.record.kind != Recorder::Program {
        let message = "field `kind`: only a program enumerates states";
        return Err(("[record]".into(), message.into()));
    }
    unique("state", definition.state.iter().map(|state| &state.id))?;
    let actions = definition.action.iter().map(|action| &action.id);
    let actions = unique("action", actions)?;
    let runs = unique("run", definition.run.iter().map(|run| &run.id))?;
    if runs.is_empty() {
        return Err(("[record]".into(), "[[run]]: there is none".into()));
    }
    let mut keys = BTreeSet::new();
    for action in &definition.action {
        let near = quoted(&action.id);
        if !action.key.is_ascii_lowercase() || !keys.insert(action.key) {
            let message = "field `key`: a lower-case letter of its own";
            return Err((near, message.into()));
        }
        if !(1..=LABEL).contains(&action.label.chars().count()) {
            let message = format!("field `label`: 1 to {LABEL} characters");
            return Err((near, message));
        }
    }
    for shape in &definition.shape {
        let near = format!("at = {}", list(&shape.at));
        check_shape(definition, shape).map_err(|message| (near, message))?;
    }
    for say in &definition.say {
        let near = format!("text = {:?}", say.text);
        check_say(definition, say)
            .and_then(|()| known("action", say.action.texts(), &actions))
            .and_then(|()| known("runs", &say.runs, &runs))
            .map_err(|message| (near, message))?;
    }
    for challenge in &definition.challenge {
        let near = format!("goal = {:?}", challenge.goal);
        check_challenge(definition, challenge)
            .and_then(|()| known("by", &challenge.by, &actions))
            .and_then(|()| known("run", [&challenge.run], &runs))
            .map_err(|message| (near, message))?;
    }
    Ok(())
}

/// Numbers as they are written in the file.
fn list(numbers: &[f64]) -> String {
    let texts: Vec<String> = numbers.iter().map(f64::to_string).collect();
    format!("[{}]", texts.join(", "))
}

fn known<'a, T: std::hash::Hash + Eq + std::borrow::Borrow<str>>(
    field: &str,
    ids: impl IntoIterator<Item = &'a String>,
    known: &std::collections::HashSet<T>,
) -> Result<(), String> {
    match ids.into_iter().find(|id| !known.contains(id.as_str())) {
        Some(id) => Err(format!("field `{field}`: {id:?} is unknown")),
        None => Ok(()),
    }
}

fn has(definition: &Definition, id: &str) -> bool {
    definition.state.iter().any(|state| state.id == id)
}

fn check_when(
    definition: &Definition,
    field: &str,
    when: &When,
) -> Result<(), String> {
    match when.0.keys().find(|id| !has(definition, id)) {
        Some(id) => Err(format!("field `{field}`: {id:?} is no [[state]]")),
        None => Ok(()),
    }
}

fn check_shape(definition: &Definition, shape: &Shape) -> Result<(), String> {
    let numbers = match shape.draw {
        Draw::Text | Draw::Strong | Draw::Quiet | Draw::Cells => 2,
        _ => 4,
    };
    if shape.at.len() != numbers {
        return Err(format!("field `at`: {numbers} numbers"));
    }
    let [width, height] = definition.size;
    let beyond = |(n, at): (usize, &f64)| {
        let side = if n % 2 == 0 { width } else { height };
        !(0.0..=side).contains(at)
    };
    if shape.at.iter().enumerate().any(beyond) {
        return Err("field `at`: it lies beyond the picture".into());
    }
    if shape.draw == Draw::Cells {
        let value = shape.value.as_deref().unwrap_or_default();
        if !has(definition, value) || !(1..=16).contains(&shape.cells) {
            return Err("fields `value` and `cells`: a [[state]] that is a \
                        number, and 1 to 16"
                .into());
        }
    } else if shape.value.is_some() || shape.cells > 0 {
        return Err("fields `value` and `cells`: for `cells` only".into());
    }
    if let Some(id) = placeholder(&shape.text)
        && !has(definition, id)
    {
        return Err(format!("field `text`: {id:?} is no [[state]]"));
    }
    check_when(definition, "when", &shape.when)
}

/// The value that stands in a text, in braces.
pub(super) fn placeholder(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('{')?;
    rest.split_once('}').map(|(id, _)| id)
}

fn check_say(definition: &Definition, say: &Say) -> Result<(), String> {
    if !(1..=SAYS).contains(&say.text.trim().chars().count()) {
        return Err(format!("field `text`: 1 to {SAYS} characters"));
    }
    check_when(definition, "before", &say.before)?;
    check_when(definition, "after", &say.after)
}

fn check_challenge(
    definition: &Definition,
    challenge: &Challenge,
) -> Result<(), String> {
    for (field, text) in [("goal", &challenge.goal), ("why", &challenge.why)] {
        if !(1..=SAYS).contains(&text.trim().chars().count()) {
            return Err(format!("field `{field}`: 1 to {SAYS} characters"));
        }
    }
    check_when(definition, "state", &challenge.state)
}

/// What is wrong, and in which run's which state, counted from 0.
type Place = Option<(usize, usize)>;

pub(super) fn recording(
    recording: &Recording,
    name: &str,
    definition: &Definition,
) -> Result<(), (Place, String)> {
    if recording.figure != name {
        let message = format!("field `figure`: it is called {name:?}");
        return Err((None, message));
    }
    let have: Vec<&String> = recording.levels.iter().map(|l| &l.id).collect();
    let want: Vec<&String> = definition.run.iter().map(|run| &run.id).collect();
    if have != want {
        let message = format!(
            "its runs are {have:?}, those of the definition {want:?}: record \
             the figure again"
        );
        return Err((None, message));
    }
    for (nth, run) in recording.levels.iter().enumerate() {
        check_run(definition, run).map_err(|(state, message)| {
            let message = format!("run {:?}, state {state}: {message}", run.id);
            (Some((nth, state)), message)
        })?;
    }
    Ok(())
}

fn check_run(
    definition: &Definition,
    run: &Recorded,
) -> Result<(), (usize, String)> {
    let states = &run.states;
    if states.is_empty() {
        return Err((0, "there is none".into()));
    }
    for (index, node) in states.iter().enumerate() {
        check_node(definition, node, states.len())
            .map_err(|message| (index, message))?;
        // Two that look alike could not be told apart.
        if states[..index].iter().any(|own| own.values == node.values) {
            return Err((index, "another one has the same values".into()));
        }
    }
    match count::unreached(states) {
        Some(state) => Err((state, "no way leads there".into())),
        None => Ok(()),
    }
}

fn check_node(
    definition: &Definition,
    node: &Node,
    count: usize,
) -> Result<(), String> {
    let have: BTreeSet<&String> = node.values.keys().collect();
    let want: BTreeSet<&String> =
        definition.state.iter().map(|state| &state.id).collect();
    if have != want {
        return Err(format!("its values are {have:?}, not {want:?}"));
    }
    for (id, value) in &node.values {
        if !(1..=VALUE).contains(&value.chars().count()) {
            return Err(format!(
                "value {id:?}: {value:?} has not 1 to {VALUE} characters"
            ));
        }
    }
    if node.moves.len() != definition.action.len() {
        return Err("its actions are not the definition's".into());
    }
    match node.steps().find(|(_, to)| *to >= count) {
        Some((_, to)) => Err(format!("it leads to state {to}: there is none")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::tests::{JSON, TOML};
    use crate::model::{Definition, Recording};

    #[track_caller]
    fn refused(from: &str, to: &str, says: &str) {
        assert!(TOML.contains(from), "{from:?} is not in the fixture");
        let text = TOML.replacen(from, to, 1);
        let fault = Definition::parse("c.toml", &text).unwrap_err();
        assert!(fault.message.contains(says), "{fault}");
    }

    #[test]
    fn a_definition_that_breaks_a_rule_is_refused() {
        refused("title = \"", "title = \"\" # ", "empty");
        refused("\"program\"", "\"drawn\"", "enumerates");
        refused("key = \"c\"", "key = \"b\"", "of its own");
        refused("label = \"Bake\"", "label = \"Bake a loaf of bread\"", "15");
        refused("id = \"buy\"", "id = \"bake\"", "another one");
        refused("at = [0, 0, 100, 40]", "at = [0, 0]", "4 numbers");
        refused("at = [0, 0, 100, 40]", "at = [0, 0, 100, 400]", "beyond");
        refused("value = \"loaves\"", "value = \"rolls\"", "a number");
        refused("text = \"{door}\"", "text = \"{gate}\"", "\"gate\"");
        refused("action = \"bake\"", "action = \"eat\"", "unknown");
        refused("runs = [\"small\"]", "runs = [\"huge\"]", "unknown");
        refused("after = { loaves", "after = { rolls", "\"rolls\"");
        refused("by = [\"close\"]", "by = [\"open\"]", "unknown");
        refused("run = \"large\"", "run = \"huge\"", "unknown");
        refused("goal = \"Sell", "goal = \"\" # \"", "`goal`");
        let long = format!("text = \"{}\" # ", "x".repeat(171));
        refused("text = \"A loaf", &long, "`text`");
    }

    #[track_caller]
    fn unfit(from: &str, to: &str, state: usize, says: &str) {
        let text = JSON.replacen(from, to, 1);
        assert_ne!(text, JSON, "{from:?} is not in the fixture");
        let definition = Definition::parse("c.toml", TOML).unwrap();
        let recording = Recording::parse("c.json", &text).unwrap();
        let fault = recording
            .check("c.json", &text, "counter", &definition)
            .unwrap_err();
        assert!(fault.message.contains(says), "{fault}");
        let line = match state {
            0 => 1,
            nth => crate::states::line_of_state(JSON, 0, nth - 1),
        };
        assert_eq!(fault.line, line, "{fault}");
    }

    #[test]
    fn a_recording_that_breaks_a_rule_is_refused_at_its_state() {
        unfit("\"figure\": \"", "\"figure\": \"x", 0, "called");
        unfit("\"id\": \"small\"", "\"id\": \"tiny\"", 0, "its runs");
        unfit("\"loaves\":\"0\"", "\"rolls\":\"0\"", 1, "its values");
        let long = format!("\"loaves\":\"{}\"", "x".repeat(29));
        unfit("\"loaves\":\"0\"", &long, 1, "characters");
        unfit("[\"one\",1],", "", 1, "its actions");
        unfit("[\"one\",1]", "[\"one\",99]", 1, "there is none");
        unfit("\"loaves\":\"1\"", "\"loaves\":\"0\"", 2, "the same values");
        unfit("[\"one\",1]", "[\"one\",0]", 2, "no way leads there");
    }
}
