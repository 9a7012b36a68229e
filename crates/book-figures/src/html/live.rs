//! The live form: the pictures with each step in a group of its own, which the
//! script shows and hides.

use std::fmt::Write as _;

use super::drawn::Drawn;
use super::panel;
use super::values::shown;
use crate::definition::{
    Control, ControlKind, Predict, Run as Wanted, Show, State,
};
use crate::event::{Run, Value};
use crate::svg::Frame;
use crate::text::{attribute, inline, plain};

impl Drawn<'_> {
    pub(super) fn live(&self) -> Result<String, String> {
        let mut html = "<div class=\"fig-live\">".to_owned();
        let runs: Vec<_> = self.figure.runs().collect();
        let set = &self.figure.definition.control;
        let first = first_run(set);
        if !set.is_empty() {
            html += "<div class=\"fig-set\">";
            for control in set {
                html += &setting(&self.figure.name, control);
            }
            html += "</div>";
            html += &self.strips();
        } else if runs.len() > 1 {
            html += "<fieldset class=\"fig-runs\"><legend>Run</legend>";
            for (index, (wanted, _)) in runs.iter().enumerate() {
                let checked = if index == 0 { " checked" } else { "" };
                let _ = write!(
                    html,
                    "<label><input type=\"radio\" name=\"figure-{}\" \
                     value=\"{index}\"{checked}><span>{}</span></label>",
                    self.figure.name,
                    inline(&wanted.label)
                );
            }
            html += "</fieldset>";
        }
        for (index, (wanted, run)) in runs.iter().enumerate() {
            html += &self.live_run(index, index == first, wanted, run)?;
        }
        Ok(html + "</div>")
    }

    fn live_run(
        &self,
        index: usize,
        shown: bool,
        wanted: &Wanted,
        run: &Run,
    ) -> Result<String, String> {
        let definition = &self.figure.definition;
        let label = format!("{}: {}", plain(&wanted.label), definition.alt);
        let picture = self.svg(wanted, run, Frame::All, &label);
        let code = self.code_panel(index, run)?;
        Ok(format!(
            "<div class=\"fig-run fig-asking\" tabindex=\"0\" role=\"group\" \
             aria-label=\"Figure: {}\"{}><div class=\"fig-screen\">{}\
             <div class=\"fig-stage\"><div class=\"fig-say\">{}{}</div>{}\
             <div class=\"fig-picture\">{picture}</div>\
             <p class=\"fig-news fig-aloud\" aria-live=\"polite\"></p>\
             </div></div>{}{code}</div>",
            attribute(&plain(&wanted.label)),
            if shown { "" } else { " hidden" },
            gate(&wanted.predict),
            controls(),
            caption(!code.is_empty()),
            self.states(wanted, run),
            self.legend(&run.events),
        ))
    }

    /// The displayed values, as they are before the first step.
    fn states(&self, wanted: &Wanted, run: &Run) -> String {
        let mut rows = String::new();
        for state in self.figure.definition.states(&wanted.id) {
            // What has a place in the picture is seen there.
            if state.place.is_some() {
                continue;
            }
            let class = match state.show {
                Show::Words => {
                    format!(" class=\"fig-has-words\"{}", columns(state, run))
                }
                _ => String::new(),
            };
            let _ = write!(
                rows,
                "<div data-state=\"{}\"{class}><dt>{}</dt>\
                 <dd><div class=\"fig-value\">{}</div></dd></div>",
                state.id,
                inline(&state.label),
                shown(state, &state.start, None)
            );
        }
        if rows.is_empty() {
            return rows;
        }
        format!("<dl class=\"fig-state\">{rows}</dl>")
    }

    /// The code, which has the line of each step.
    fn code_panel(&self, index: usize, run: &Run) -> Result<String, String> {
        for event in &run.events {
            self.line_of(index, event)?;
        }
        Ok(panel(self.figure.code(index)))
    }
}

/// The question that comes before the steps, and what is told of its answer.
pub(crate) fn gate(predict: &Predict) -> String {
    let mut html = format!(
        "<fieldset class=\"fig-gate\"><legend>{}</legend>\
         <div class=\"fig-choices\">",
        inline(&predict.ask)
    );
    for (index, choice) in predict.choices.iter().enumerate() {
        let _ = write!(
            html,
            "<button type=\"button\" data-choice=\"{}\">{}</button>",
            index + 1,
            inline(choice)
        );
    }
    html + "<button type=\"button\" class=\"fig-skip\" data-choice=\"0\">\
            Show me</button></div><div class=\"fig-told\"><div>\
            <p class=\"fig-verdict\" aria-live=\"polite\"></p></div>\
            <button type=\"button\" class=\"fig-again\" data-go=\"ask\">\
            Ask me again</button></div></fieldset>"
}

fn controls() -> String {
    let button = |go: &str, label: &str| {
        format!(
            "<button type=\"button\" data-go=\"{go}\" \
             aria-disabled=\"true\">{label}</button>"
        )
    };
    format!(
        "<div class=\"fig-controls\">{}{}{}{}<span class=\"fig-keys\" \
         aria-hidden=\"true\">← →</span></div>",
        button("first", "First"),
        button("back", "Back"),
        button("next", "Next"),
        button("last", "Last"),
    )
}

/// The caption's place, and on a phone that of the current line of code.
fn caption(has_code: bool) -> String {
    let line = if has_code {
        "<div class=\"fig-now\"><p class=\"fig-now-line\" \
         aria-hidden=\"true\"></p></div>"
    } else {
        ""
    };
    format!(
        "<div class=\"fig-caption\"><p class=\"fig-words\" \
         aria-live=\"polite\">Your prediction comes first.</p></div>{line}"
    )
}

/// How wide the columns of a run's tables are: the longest words of all steps.
fn columns(state: &State, run: &Run) -> String {
    let later = run.events.iter().filter_map(|e| e.state.get(&state.id));
    let words = std::iter::once(&state.start).chain(later);
    let words = words.flat_map(|value| match value {
        Value::Words(words) => &words[..],
        _ => &[],
    });
    let (mut at, mut wide) = (0, 0);
    for word in words {
        let shown = word.shown.as_ref().unwrap_or(&word.value);
        at = at.max(plain(&word.at).chars().count());
        wide = wide.max(shown.chars().count());
    }
    format!(" style=\"--at: {at}; --value: {wide}\"")
}

/// The run that is shown at first, counted from 0.
fn first_run(set: &[Control]) -> usize {
    set.iter().fold(0, |run, control| {
        let first = match control.kind {
            ControlKind::Choice => 0,
            ControlKind::Range => control.first(),
        };
        run * control.options().len() + first
    })
}

/// What sets a control: buttons of which one is pressed, or a slider.
fn setting(figure: &str, control: &Control) -> String {
    let label = inline(&control.label);
    let id = &control.id;
    if control.kind == ControlKind::Range {
        let start = control.start.unwrap_or(control.from);
        let (from, to) = (control.from, control.to);
        // The numbers below are the slider's stops; its ends are half a knob
        // away from the edge.
        let stops: String =
            (from..=to).map(|n| format!("<span>{n}</span>")).collect();
        return format!(
            "<div class=\"fig-range\"><label><span>{label}: \
             <output>{start}</output></span><input type=\"range\" \
             data-control=\"{id}\" min=\"{from}\" max=\"{to}\" step=\"1\" \
             value=\"{start}\" autocomplete=\"off\"></label>\
             <div class=\"fig-stops\" aria-hidden=\"true\">{stops}</div></div>"
        );
    }
    let mut html = format!(
        "<fieldset class=\"fig-runs fig-choice\"><legend>{label}</legend>"
    );
    for (index, choice) in control.options().iter().enumerate() {
        let checked = if index == 0 { " checked" } else { "" };
        let _ = write!(
            html,
            "<label><input type=\"radio\" name=\"figure-{figure}-{id}\" \
             data-control=\"{id}\" value=\"{index}\" \
             autocomplete=\"off\"{checked}><span>{}</span></label>",
            inline(&choice.label)
        );
    }
    html + "</fieldset>"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::workshop;

    #[test]
    fn controls_have_a_first_run() {
        assert_eq!(first_run(&workshop().control), 1);
    }
}
