//! The still form, for paper and for readers without JavaScript: the question,
//! and a few frames.

use std::fmt::Write as _;

use super::drawn::{Drawn, spoken};
use super::values::shown;
use crate::definition::{Picture, Predict, Run as Wanted, Show};
use crate::event::{Event, Run};
use crate::svg::Frame;
use crate::text::{inline, plain};

impl Drawn<'_> {
    pub(super) fn still(&self) -> String {
        let mut html = format!("<div class=\"fig-still\">{}", self.first());
        // With controls one question is asked for all, and the runs stand
        // beside each other.
        let once = !self.figure.definition.control.is_empty();
        let one = self.still_runs().next().filter(|_| once);
        if let Some((wanted, _)) = one {
            html += &question(&wanted.predict);
            html += &self.still_strips();
            html += &self.elsewhere();
            html += "<div class=\"fig-multiples\">";
        }
        for (wanted, run) in self.still_runs() {
            let label = plain(&wanted.label);
            let _ = write!(
                html,
                "<div class=\"fig-still-run\"><p><strong>{}.</strong></p>{}\
                 <div class=\"fig-frames\">",
                inline(&wanted.label),
                if once {
                    String::new()
                } else {
                    question(&wanted.predict)
                },
            );
            for event in key_events(&run.events) {
                let step = event.step;
                let alt = format!("{label}, step {step}: {}", spoken(event));
                let picture = self.svg(wanted, run, Frame::Until(step), &alt);
                let _ = write!(
                    html,
                    "<div class=\"fig-frame\">{picture}<p>Step {step}. {}</p>\
                     {}</div>",
                    self.say(event),
                    self.states_after(wanted, run, step),
                );
            }
            html += "</div>";
            if !once {
                html += &folded_answer(&wanted.predict);
            }
            html += "</div>";
        }
        if let Some((wanted, _)) = one {
            html += "</div>";
            html += &folded_answer(&wanted.predict);
        }
        html + "</div>"
    }

    /// The addresses of runs that paper does not show: who goes there finds
    /// those that it does.
    fn elsewhere(&self) -> String {
        let runs = self.figure.definition.run.iter();
        runs.filter(|run| !run.key)
            .map(|run| {
                let name = &self.figure.name;
                format!("<span id=\"figure-{name}.{}\"></span>", run.id)
            })
            .collect()
    }

    /// The picture before the first step, and what its shapes mean. Of a Gantt
    /// chart there would be nothing to be seen.
    fn first(&self) -> String {
        let definition = &self.figure.definition;
        let events: Vec<Event> = self
            .still_runs()
            .flat_map(|(_, run)| run.events.iter().cloned())
            .collect();
        let picture = match self.figure.runs().next() {
            Some((wanted, run)) if definition.picture != Picture::Gantt => {
                let alt = format!("Before the first step. {}", definition.alt);
                self.svg(wanted, run, Frame::Until(0), &alt)
            }
            _ => String::new(),
        };
        format!(
            "<div class=\"fig-first\">{picture}{}</div>",
            self.legend(&events)
        )
    }

    /// The displayed values after a step, on paper.
    fn states_after(&self, wanted: &Wanted, run: &Run, step: usize) -> String {
        let mut rows = String::new();
        for state in self.figure.definition.states(&wanted.id) {
            // Cells are in the picture already, and so is what has a place there.
            if state.show == Show::Cells || state.place.is_some() {
                continue;
            }
            let value = state.after(run, step);
            let before = state.before(run, step);
            let class = match state.show {
                Show::Words => " class=\"fig-has-words\"",
                _ => "",
            };
            let _ = write!(
                rows,
                "<div{class}><dt>{}</dt><dd>{}</dd></div>",
                inline(&state.label),
                shown(state, value, Some(before))
            );
        }
        if rows.is_empty() {
            return rows;
        }
        format!("<dl class=\"fig-state\">{rows}</dl>")
    }
}

/// The question and what there is to choose from, on paper.
pub(crate) fn question(predict: &Predict) -> String {
    format!(
        "<p><em>Predict:</em> {}</p>{}",
        inline(&predict.ask),
        list(&predict.choices)
    )
}

pub(crate) fn folded_answer(predict: &Predict) -> String {
    format!(
        "<details><summary>The answer</summary><p>{}</p></details>",
        answer(predict)
    )
}

/// The steps that are frames in print: those that are marked, else the last.
fn key_events(events: &[Event]) -> Vec<&Event> {
    let marked: Vec<&Event> = events.iter().filter(|e| e.key).collect();
    if marked.is_empty() {
        return events.iter().rev().take(1).collect();
    }
    marked
}

fn list(choices: &[String]) -> String {
    let items: String = choices
        .iter()
        .map(|choice| format!("<li>{}</li>", inline(choice)))
        .collect();
    format!("<ul>{items}</ul>")
}

fn answer(predict: &Predict) -> String {
    // The number is checked on load.
    let right = &predict.choices[predict.right - 1];
    format!(
        "<strong>{}.</strong> {}",
        inline(right.trim_end_matches('.')),
        inline(&predict.why)
    )
}
