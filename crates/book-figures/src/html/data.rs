//! What the script needs to know.

use serde_json::{Map, Value as Json, json};

use super::drawn::Drawn;
use super::values::{news, shown};
use crate::text::inline;

impl Drawn<'_> {
    /// What the script needs to know.
    pub(super) fn data(&self) -> Result<Json, String> {
        let mut runs = Vec::new();
        for (index, (wanted, run)) in self.figure.runs().enumerate() {
            let mut steps = Vec::new();
            for event in &run.events {
                let states: Map<String, Json> = self
                    .figure
                    .definition
                    .states(&wanted.id)
                    .filter(|state| state.place.is_none())
                    .filter_map(|state| {
                        let value = event.state.get(&state.id)?;
                        let before = state.before(run, event.step);
                        let html = shown(state, value, Some(before));
                        Some((state.id.clone(), html.into()))
                    })
                    .collect();
                // What changes in the picture is said aloud, too.
                let news: Vec<String> = self
                    .figure
                    .definition
                    .states(&wanted.id)
                    .filter(|state| state.place.is_some())
                    .filter_map(|state| news(state, run, event.step))
                    .collect();
                steps.push(json!({
                    "say": self.say(event),
                    "state": states,
                    "news": news.join(" "),
                    "line": self.line_of(index, event)?,
                    "time": event.time,
                }));
            }
            let decided = wanted.predict.decider(run.events.len())?;
            runs.push(json!({
                "id": run.id,
                "decided": decided,
                "steps": steps,
                "right": wanted.predict.right,
                "choices": wanted.predict.choices.iter().map(|c| inline(c))
                    .collect::<Vec<_>>(),
                "why": inline(&wanted.predict.why),
            }));
        }
        // How many values each control has: with them the script counts from
        // the controls to a run.
        let set = &self.figure.definition.control;
        let counts: Vec<usize> =
            set.iter().map(|control| control.options().len()).collect();
        Ok(json!({ "runs": runs, "controls": counts }))
    }
}
