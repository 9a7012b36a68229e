//! Do a definition and a recording keep the rules, and do they fit?

use std::collections::BTreeSet;

use super::count::{depths, forward};
use super::definition::{Definition, Level};
use super::recording::{Node, Recorded, Recording};
use crate::check::{quoted, unique};
use crate::definition::Recorder;

/// The most characters of a displayed value: on a phone it stands beside its
/// label.
const VALUE: usize = 28;
/// The most characters of what a step does.
const DOES: usize = 56;
/// The most steps of a schedule: its history stands in two lines on a phone.
const STEPS: usize = 24;

/// What is wrong, and a text near it.
type Wrong = (String, String);

pub(super) fn definition(definition: &Definition) -> Result<(), Wrong> {
    for (field, text) in
        [("title", &definition.title), ("alt", &definition.alt)]
    {
        if text.trim().is_empty() {
            return Err((field.into(), format!("field `{field}`: empty")));
        }
    }
    if definition.record.kind != Recorder::Program {
        let message = "field `kind`: only a program enumerates states";
        return Err(("[record]".into(), message.into()));
    }
    if !(1..=4).contains(&definition.lane.len()) {
        let message = "[[lane]]: one to four actors fit on a phone";
        return Err(("[[lane]]".into(), message.into()));
    }
    unique("lane", definition.lane.iter().map(|lane| &lane.id))?;
    unique("state", definition.state.iter().map(|state| &state.id))?;
    let levels = unique("run", definition.run.iter().map(|run| &run.id))?;
    let mut keys = BTreeSet::new();
    for lane in &definition.lane {
        if !lane.key.is_ascii_lowercase() || !keys.insert(lane.key) {
            let message = "field `key`: a lower-case letter of its own";
            return Err((quoted(&lane.id), message.into()));
        }
    }
    let named = definition.state.iter().flat_map(|state| &state.runs);
    let named = named.chain(definition.step.iter().flat_map(|w| &w.runs));
    for run in named {
        if !levels.contains(run.as_str()) {
            let message = format!("field `runs`: {run:?} is unknown");
            return Err((format!("{run:?}"), message));
        }
    }
    for level in &definition.run {
        check_level(level).map_err(|m| (quoted(&level.id), m))?;
    }
    for words in &definition.step {
        let near = format!("at = {:?}", words.at);
        if words.at.trim().is_empty() {
            return Err((near, "field `at`: empty".to_owned()));
        }
        for text in [Some(&words.does), words.waits.as_ref()] {
            let length = text.map_or(1, |text| text.trim().chars().count());
            if !(1..=DOES).contains(&length) {
                let message = format!(
                    "fields `does` and `waits`: 1 to {DOES} characters"
                );
                return Err((near, message));
            }
        }
        let known =
            |own: &String| definition.lane.iter().any(|lane| lane.id == *own);
        if words.lane.as_ref().is_some_and(|own| !known(own)) {
            return Err((near, "field `lane`: it is unknown".to_owned()));
        }
    }
    Ok(())
}

fn check_level(level: &Level) -> Result<(), String> {
    if level.goal.trim().is_empty() {
        return Err("field `goal`: what the reader is to find".into());
    }
    if level.code.is_empty() {
        return Err("field `code`: the code that the actors run".into());
    }
    for code in &level.code {
        if code.anchor.is_some() == code.item.is_some() {
            return Err("field `code`: one of `anchor` and `item`".into());
        }
    }
    unique("run.end", level.end.iter().map(|end| &end.id))
        .map_err(|(_, message)| message)?;
    if !level.end.iter().any(|end| end.id == level.show) {
        return Err("field `show`: the `id` of an end".into());
    }
    if level.end.iter().any(|end| end.why.trim().is_empty()) {
        return Err("[[run.end]]: `why` says something".into());
    }
    Ok(())
}

/// What is wrong, and in which level's which state, counted from 0.
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
            "its levels are {have:?}, those of the definition {want:?}: \
             record the figure again"
        );
        return Err((None, message));
    }
    let levels = recording.levels.iter().zip(&definition.run);
    for (nth, (recorded, level)) in levels.enumerate() {
        for (index, node) in recorded.states.iter().enumerate() {
            let count = recorded.states.len();
            check_node(definition, level, node, count).map_err(|message| {
                let message =
                    format!("level {:?}, state {index}: {message}", level.id);
                (Some((nth, index)), message)
            })?;
        }
        check_whole(recorded, level).map_err(|(index, message)| {
            let message = format!("level {:?}: {message}", level.id);
            (Some((nth, index)), message)
        })?;
    }
    Ok(())
}

fn check_node(
    definition: &Definition,
    level: &Level,
    node: &Node,
    count: usize,
) -> Result<(), String> {
    let lanes = definition.lane.iter().map(|lane| &lane.id);
    if !node.actors.iter().map(|actor| &actor.lane).eq(lanes) {
        return Err("its actors are not the definition's".into());
    }
    let have: BTreeSet<&String> = node.values.keys().collect();
    let want: BTreeSet<&String> = definition
        .states(&level.id)
        .map(|state| &state.id)
        .collect();
    if have != want {
        return Err(format!("its values are {have:?}; displayed are {want:?}"));
    }
    for (id, value) in &node.values {
        if !(1..=VALUE).contains(&value.chars().count()) {
            return Err(format!(
                "value {id:?}: {value:?} has not 1 to {VALUE} characters"
            ));
        }
    }
    for actor in &node.actors {
        match actor.to {
            Some(to) if to >= count => {
                return Err(format!("it leads to state {to}: there is none"));
            }
            Some(_) if actor.source.is_none() => {
                return Err("an actor that can act has a line of code".into());
            }
            _ => {}
        }
    }
    let can = node.moves().next().is_some();
    match &node.end {
        Some(_) if can => Err("an end, but an actor can act".into()),
        None if !can => Err("no actor can act, but it is no end".into()),
        Some(end) if !level.end.iter().any(|own| own.id == *end) => {
            Err(format!("end {end:?} is not in the definition"))
        }
        _ => Ok(()),
    }
}

/// The states as a whole: all are reached, none leads back, and each end that
/// is defined is there.
fn check_whole(
    recorded: &Recorded,
    level: &Level,
) -> Result<(), (usize, String)> {
    let states = &recorded.states;
    if states.is_empty() {
        return Err((0, "it has no state".into()));
    }
    let order = forward(states).map_err(|state| {
        (state, format!("state {state} leads back to itself"))
    })?;
    let mut reached = vec![false; states.len()];
    reached[0] = true;
    for &state in &order {
        for (_, to) in states[state].moves() {
            reached[to] |= reached[state];
        }
    }
    if let Some(state) = reached.iter().position(|reached| !reached) {
        return Err((state, format!("no schedule reaches state {state}")));
    }
    for end in &level.end {
        if !states.iter().any(|s| s.end.as_ref() == Some(&end.id)) {
            let message = format!("no schedule ends as {:?}", end.id);
            return Err((0, message));
        }
    }
    let longest = depths(states, &order).into_iter().max();
    if longest.is_some_and(|longest| longest > STEPS) {
        let message = format!("a schedule of more than {STEPS} steps");
        return Err((0, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::graph::tests::{JSON, TOML};
    use crate::graph::{Definition, Recording};

    #[track_caller]
    fn refused(from: &str, to: &str, says: &str) {
        assert!(TOML.contains(from), "{from:?} is not in the fixture");
        let text = TOML.replacen(from, to, 1);
        let fault = Definition::parse("b.toml", &text).unwrap_err();
        assert!(fault.message.contains(says), "{fault}");
    }

    #[test]
    fn a_definition_that_breaks_a_rule_is_refused() {
        refused("title = \"", "title = \"\" # ", "empty");
        refused("\"program\"", "\"drawn\"", "enumerates");
        refused("key = \"c\"", "key = \"b\"", "of its own");
        refused("key = \"c\"", "key = \"C\"", "of its own");
        refused("id = \"clock\"", "id = \"baker\"", "another one");
        refused("show = \"burnt\"", "show = \"gone\"", "`show`");
        refused("goal = \"Burn", "goal = \"\" # \"", "`goal`");
        refused("item = ", "other = ", "unknown field");
        refused(
            "does = \"bakes",
            &format!("does = \"{}", "x".repeat(57)),
            "`does`",
        );
        refused("runs = [\"early\"]", "runs = [\"never\"]", "unknown");
        refused("lane = \"clock\"", "lane = \"moon\"", "unknown");
    }

    #[track_caller]
    fn unfit(from: &str, to: &str, line: usize, says: &str) {
        let text = JSON.replacen(from, to, 1);
        assert_ne!(text, JSON, "{from:?} is not in the fixture");
        let definition = Definition::parse("b.toml", TOML).unwrap();
        let recording = Recording::parse("b.json", &text).unwrap();
        let fault = recording
            .check("b.json", &text, "baker", &definition)
            .unwrap_err();
        assert!(fault.message.contains(says), "{fault}");
        assert_eq!(fault.line, line, "{fault}");
    }

    /// The line of a text in the fixture.
    fn line(of: &str) -> usize {
        crate::fault::line_of(JSON, of)
    }

    #[test]
    fn a_recording_that_breaks_a_rule_is_refused_at_its_state() {
        let first = line("\"values\"");
        unfit("\"figure\": \"baker\"", "\"figure\": \"cook\"", 1, "called");
        unfit("\"id\": \"late\"", "\"id\": \"later\"", 1, "its levels");
        unfit("\"lane\": \"clock\"", "\"lane\": \"moon\"", first, "actors");
        unfit("\"oven\": \"cold\"", "\"stove\": \"cold\"", first, "values");
        let long = format!("\"oven\": \"{}\"", "x".repeat(29));
        unfit("\"oven\": \"cold\"", &long, first, "characters");
        unfit("\"to\": 1", "\"to\": 99", first, "there is none");
        unfit("\"to\": 1", "\"to\": 0", first, "back to itself");
        let end = line("\"end\": \"burnt\"");
        let before = JSON.lines().take(end).collect::<Vec<_>>();
        let values = before
            .iter()
            .rposition(|line| line.contains("\"values\""))
            .unwrap();
        unfit(
            "\"end\": \"burnt\"",
            "\"end\": \"x\"",
            values + 1,
            "not in the",
        );
    }
}
