//! Every event in a table.

use std::fmt::Write as _;

use super::drawn::Drawn;
use super::values::word_cell;
use crate::definition::{Run as Wanted, Show, State};
use crate::event::{Event, Run, Value};
use crate::text::{escape, inline, spoken, thousands};

impl Drawn<'_> {
    pub(super) fn tables(&self) -> String {
        let steps = |runs: &mut dyn Iterator<Item = (&Wanted, &Run)>| -> usize {
            runs.map(|(_, run)| run.events.len()).sum()
        };
        let (all, some) = (
            steps(&mut self.figure.runs()),
            steps(&mut self.still_runs()),
        );
        let count = if some < all {
            format!("{some} of {} events as tables", thousands(all as u64))
        } else {
            format!("All {all} events as a table")
        };
        let mut html =
            format!("<details class=\"fig-table\"><summary>{count}</summary>");
        for (wanted, run) in self.still_runs() {
            html += &self.table(wanted, run);
        }
        html + "</details>"
    }

    fn table(&self, wanted: &Wanted, run: &Run) -> String {
        let states: Vec<&State> =
            self.figure.definition.states(&wanted.id).collect();
        let command = match run.command.as_str() {
            "" => String::new(),
            command => format!(": <code>{}</code>", escape(command)),
        };
        let mut html = format!(
            "<div class=\"table-wrapper\"><table id=\"{}\">\
             <caption>{}{command}</caption><thead><tr><th scope=\"col\">Step</th>\
             <th scope=\"col\">Who</th><th scope=\"col\">What happens</th>",
            self.address(run),
            inline(&wanted.label)
        );
        for state in &states {
            let _ =
                write!(html, "<th scope=\"col\">{}</th>", inline(&state.label));
        }
        let timed = run.events.iter().any(|event| self.took(event).is_some());
        if timed {
            html += "<th scope=\"col\">Took</th>";
        }
        html += "</tr></thead><tbody>";
        for event in &run.events {
            html += &self.table_row(run, event, &states, timed);
        }
        html + "</tbody></table></div>"
    }

    /// A run's address in the page, to which a step adds its number. The
    /// script takes it for the live form.
    fn address(&self, run: &Run) -> String {
        format!("figure-{}.{}", self.figure.name, run.id)
    }

    /// How long the event took, where that was recorded.
    fn took(&self, event: &Event) -> Option<String> {
        if self.is_drawn() {
            return None;
        }
        if let Some(took) = event.took {
            let unit = escape(&self.figure.definition.record.unit);
            return Some(format!("{} {unit}", thousands(took)));
        }
        // Where the recorder's line is, the thing is done.
        event.raw.as_ref().and(event.took_us).map(spoken)
    }

    fn table_row(
        &self,
        run: &Run,
        event: &Event,
        states: &[&State],
        timed: bool,
    ) -> String {
        let lane = self.figure.definition.column(&event.lane);
        let who = &self.figure.definition.lane[lane].label;
        let raw = match &event.raw {
            Some(raw) => {
                format!("<br><code class=\"fig-raw\">{}</code>", escape(raw))
            }
            None => String::new(),
        };
        let mut html = format!(
            "<tr id=\"{}.{}\"><td>{}</td><td>{}</td><td>{}{raw}</td>",
            self.address(run),
            event.step,
            event.step,
            escape(who),
            self.say(event),
        );
        for state in states {
            if state.show == Show::Words {
                html += &word_cell(state, run, event.step);
                continue;
            }
            let value = event.state.get(&state.id).map(Value::to_string);
            let value = value.unwrap_or_default();
            let text = if value.is_empty() { "nothing" } else { &value };
            let _ = write!(html, "<td>{}</td>", escape(text));
        }
        if timed {
            let took = self.took(event).unwrap_or_default();
            let _ = write!(html, "<td>{took}</td>");
        }
        html + "</tr>"
    }
}
