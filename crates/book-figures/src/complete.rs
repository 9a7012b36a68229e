//! Makes events of sketches: of what a recorder has seen or a definition says.

use std::collections::BTreeMap;

use crate::code::{self, Part};
use crate::definition::{Definition, Run as Wanted, Sketch};
use crate::event::{Event, Run, Source};

/// Completes the events of a run, whose code is in `parts`: their steps, the
/// values that they leave as they are, the files of their lines.
///
/// # Errors
/// Which event, counted from 0, and what is wrong with it.
pub fn events(
    definition: &Definition,
    wanted: &Wanted,
    parts: &[Part],
    sketches: Vec<Sketch>,
) -> Result<Vec<Event>, (usize, String)> {
    let mut state: BTreeMap<_, _> = definition
        .states(&wanted.id)
        .map(|state| (state.id.clone(), state.start.clone()))
        .collect();
    let zero = sketches.iter().filter_map(|s| s.at_us).min().unwrap_or(0);
    let mut events = Vec::new();
    for (index, sketch) in sketches.into_iter().enumerate() {
        let source = match sketch.at {
            None => None,
            Some(text) => {
                let (part, _) =
                    code::find(parts, &text).map_err(|e| (index, e))?;
                let file = parts[part].file.clone();
                Some(Source { file, text })
            }
        };
        state.extend(sketch.state);
        let event = Event {
            step: index + 1,
            lane: sketch.lane,
            to: sketch.to,
            kind: sketch.kind,
            text: sketch.text,
            answer: sketch.answer,
            detail: sketch.detail,
            count: sketch.count,
            source,
            state: state.clone(),
            moves: sketch.moves,
            key: sketch.key,
            time: sketch.time,
            took: sketch.took,
            at_us: sketch.at_us.map(|at| at - zero),
            took_us: sketch.took_us,
            raw: sketch.raw,
        };
        event
            .check(index + 1, &wanted.id, definition)
            .map_err(|error| (index, error))?;
        events.push(event);
    }
    let run = Run {
        id: wanted.id.clone(),
        command: String::new(),
        events,
    };
    run.check_times(definition)?;
    run.check_moves(definition)?;
    Ok(run.events)
}
