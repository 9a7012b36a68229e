//! Runs of a Gantt chart as strips on one axis: how long each takes, and how many
//! of its workers are busy. The reader sees those that the question compares, the
//! one that the controls choose, and those that are kept.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::drawn::Drawn;
use crate::definition::{Compare, Run as Wanted, Shape};
use crate::event::{Kind, Run};
use crate::text::{attribute, escape, inline, percent, plain, thousands};

/// The height of a strip, in its own unit.
const HEIGHT: u64 = 100;

impl Drawn<'_> {
    /// The strips of all runs, of which the script shows some.
    pub(super) fn strips(&self) -> String {
        let Some(compare) = self.figure.definition.compare() else {
            return String::new();
        };
        let runs = self.figure.runs();
        let strips = runs.map(|(wanted, run)| self.strip(compare, wanted, run));
        format!(
            "<div class=\"fig-strips\" role=\"group\" aria-label=\"{}\">\
             <div class=\"fig-strips-head\"><span>{}</span><button \
             type=\"button\" data-go=\"keep\" aria-pressed=\"false\">Keep this \
             run</button></div>{}</div>",
            attribute(&plain(&compare.label)),
            inline(&compare.label),
            strips.collect::<String>()
        )
    }

    /// On paper: those that the question compares.
    pub(super) fn still_strips(&self) -> String {
        let Some(compare) = self.figure.definition.compare() else {
            return String::new();
        };
        let strips: String = self
            .figure
            .runs()
            .filter(|(wanted, _)| compare.runs.contains(&wanted.id))
            .map(|(wanted, run)| self.strip(compare, wanted, run))
            .collect();
        format!(
            "<div class=\"fig-strips\"><div class=\"fig-strips-head\">{}</div>\
             {strips}</div>",
            inline(&compare.label)
        )
    }

    fn strip(&self, compare: &Compare, wanted: &Wanted, run: &Run) -> String {
        let compared = match compare.runs.contains(&wanted.id) {
            true => " fig-compared",
            false => "",
        };
        let all = self.figure.recording.runs.iter().map(Run::end);
        let longest = all.max().unwrap_or(0).max(1);
        let took = format!(
            "{} {}",
            thousands(run.end()),
            self.figure.definition.record.unit
        );
        let mut html = format!(
            "<div class=\"fig-strip{compared}\"><span>{}</span>\
             <div class=\"fig-strip-bar\">",
            escape(&wanted.short)
        );
        let _ = write!(
            html,
            "<svg viewBox=\"0 0 {longest} {HEIGHT}\" role=\"img\" \
             preserveAspectRatio=\"none\" aria-label=\"{}: {}\">\
             <path class=\"fig-idle\" d=\"M0 0H{}V{HEIGHT}H0z\"/>\
             <path class=\"fig-busy\" d=\"{}\"/></svg>",
            attribute(&plain(&wanted.label)),
            attribute(&took),
            run.end(),
            self.busy(wanted, run)
        );
        let end = run.end() as f64 / longest as f64 * 100.0;
        let _ = write!(
            html,
            "<span style=\"--end: {}\" aria-hidden=\"true\">{}</span></div></div>",
            percent(end),
            escape(&took)
        );
        html
    }

    /// How many of those who can be busy are, as a line over the time.
    fn busy(&self, wanted: &Wanted, run: &Run) -> String {
        let lanes = self.figure.definition.lanes(&wanted.id);
        let threads: Vec<&str> = lanes
            .filter(|lane| lane.shape == Shape::Thread)
            .map(|lane| &*lane.id)
            .collect();
        // By how many it changes, and when.
        let mut changes: BTreeMap<u64, i64> = BTreeMap::new();
        for event in &run.events {
            let own = threads.contains(&&*event.lane);
            if event.kind == Kind::Work && own {
                *changes.entry(event.time.unwrap_or(0)).or_default() += 1;
                *changes.entry(event.end()).or_default() -= 1;
            }
        }
        let mut path = format!("M0 {HEIGHT}");
        let mut busy = 0;
        for (time, change) in changes {
            if change == 0 {
                continue;
            }
            busy += change;
            let most = threads.len().max(1) as u64;
            let part = HEIGHT * busy.unsigned_abs() / most;
            let _ = write!(path, "H{time}V{}", HEIGHT.saturating_sub(part));
        }
        path + "z"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Figure;
    use crate::tests::{WORKSHOP_JSON, workshop};

    fn figure() -> Figure {
        let recording = ("w.json", WORKSHOP_JSON);
        let code = vec![Vec::new(); 4];
        Figure::recorded("workshop", workshop(), recording, code).unwrap()
    }

    #[test]
    fn every_run_has_a_strip_on_the_same_axis() {
        let figure = figure();
        let html = Drawn::new(&figure).strips();
        assert_eq!(html.matches("viewBox=\"0 0 24 100\"").count(), 4);
        assert_eq!(html.matches("fig-strip fig-compared").count(), 2);
        assert!(html.contains("<span>1 wait</span>"), "{html}");
        assert!(html.contains("aria-label=\"stands by, 1 workers: 24 s\""));
        let still = Drawn::new(&figure).still_strips();
        assert_eq!(still.matches("fig-strip fig-compared").count(), 2);
        assert_eq!(still.matches("<button").count(), 0);
    }

    #[test]
    fn a_strip_is_as_high_as_workers_are_busy() {
        let figure = figure();
        let drawn = Drawn::new(&figure);
        let (wanted, run) = figure.runs().next().unwrap();
        // Of one worker: 2 s busy at the start, idle, and so on.
        assert!(drawn.busy(wanted, run).starts_with("M0 100H0V0H2V100"));
        let (wanted, run) = figure.runs().nth(1).unwrap();
        let busy = drawn.busy(wanted, run);
        assert!(busy.starts_with("M0 100H0V0H2V100"), "both: {busy}");
    }

    #[test]
    fn without_runs_to_compare_there_are_no_strips() {
        let mut figure = figure();
        figure.definition.runs.as_mut().unwrap().compare = None;
        let drawn = Drawn::new(&figure);
        assert_eq!(drawn.strips() + &drawn.still_strips(), "");
    }
}
