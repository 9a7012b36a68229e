//! You are the scheduler: prints every state that a level can be in, one JSON
//! object a line. The figure of that name is recorded from it.
//!
//! The slot is the chapter's file, compiled here once more, with a `sync` that
//! stops before each step in place of the chapter's.

use model::{ACTORS, Level};
use testing::println;

#[path = "../../src/broken.rs"]
#[allow(dead_code, reason = "it is shared with the chapter")]
mod broken;
#[allow(dead_code, reason = "it is shared with the tests")]
mod explore;
mod model;
#[path = "../../src/run_queue.rs"]
#[allow(dead_code, reason = "it is shared with the chapter")]
mod run_queue;
#[path = "../../src/slot.rs"]
#[allow(dead_code, reason = "it is shared with the chapter")]
mod slot;
mod stage;
#[allow(dead_code, reason = "it has what the chapter's has")]
mod sync;

fn main() -> Result<(), String> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "one-look".into());
    let level = Level::named(&name).ok_or_else(|| {
        let names = Level::ALL.map(Level::name).join(", ");
        format!("there is no level {name:?}; there are: {names}")
    })?;
    for state in explore::states(level) {
        println!("{}", line(&state));
    }
    Ok(())
}

/// A state as JSON. Nothing in it needs more escapes than Rust's.
fn line(state: &explore::State) -> String {
    let values = state.seen.values.iter();
    let values: Vec<String> = values
        .map(|(name, value)| format!("{name:?}: {value:?}"))
        .collect();
    let mut actors = Vec::new();
    for (nth, (at, after, _)) in state.seen.actors.iter().enumerate() {
        let mut fields = vec![format!("\"lane\": {:?}", ACTORS[nth])];
        if let Some(at) = at {
            fields.push(format!("\"at\": {at:?}"));
            if let Some(after) = after {
                fields.push(format!("\"after\": {after:?}"));
            }
        }
        if let Some(to) = state.to[nth] {
            fields.push(format!("\"to\": {to}"));
        }
        actors.push(format!("{{{}}}", fields.join(", ")));
    }
    let end = state.seen.end;
    let end = end.map_or(String::new(), |end| format!(", \"end\": {end:?}"));
    format!(
        "{{\"values\": {{{}}}, \"actors\": [{}]{end}}}",
        values.join(", "),
        actors.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_prints_its_states_and_what_the_steps_lead_to() {
        for level in Level::ALL {
            let states = explore::states(level);
            let lines: Vec<String> = states.iter().map(line).collect();
            assert!(lines.len() > 10, "{level:?}: {}", lines.len());
            assert!(lines[0].contains("\"flag\": \"down\""), "{}", lines[0]);
            assert!(lines[0].contains("src/slot.rs:"), "{}", lines[0]);
            let ends = lines.iter().filter(|line| line.contains("\"end\""));
            let mut stuck = states
                .iter()
                .filter(|state| state.to.iter().all(Option::is_none));
            assert_eq!(ends.count(), stuck.clone().count(), "{level:?}");
            assert!(stuck.all(|state| state.seen.end.is_some()));
        }
    }

    #[test]
    fn a_level_is_found_by_its_name() {
        assert_eq!(Level::named("dropped"), Some(Level::Dropped));
        assert_eq!(Level::named("easy"), None);
    }
}
