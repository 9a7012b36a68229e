//! A run as a Gantt chart: lanes are rows, time runs to the right, a span is a
//! bar.
//!
//! Across, everything is placed in per cent of the width, so that a phone and
//! a desk have the same picture with letters of the same size; there is no
//! `viewBox`. The rows' names stand to the left of it, in a margin that the
//! style sheet leaves free. Only shapes and words are drawn here: a full bar,
//! a hatched one (a thick dashed line: it needs no pattern, whose `id` would
//! not be unique), an open one; no bar is idle.

use std::fmt::Write as _;

use crate::definition::{Definition, Lane, Scale, Shape};
use crate::event::{Event, Kind, Run};
use crate::svg::Frame;
use crate::text::{attribute, escape, percent, thousands};

/// What the width stands for in per cent: the rest is for the last label.
const WIDTH: f64 = 100.0;
/// On the narrowest phone the picture is this wide, in pixels.
const PHONE: f64 = 250.0;
/// At a desk it is at least this wide.
const DESK: f64 = 520.0;
/// A letter in a bar.
const LETTER: f64 = 7.3;
/// The axis, with its labels above it.
const HEAD: f64 = 34.0;
/// A row of a thread, and the space below it.
const ROW: f64 = 22.0;
const SPACE: f64 = 8.0;
/// A span of a place, which may be one of several at the same time.
const SLIM: f64 = 15.0;
/// How many labels of the axis fit on a phone.
const TICKS: u64 = 5;

/// What all pictures of a figure share, so that they can be compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frames {
    /// The longest run's time.
    longest: u64,
}

impl Frames {
    /// Looks at all runs of a figure.
    pub(crate) fn of(runs: &[Run]) -> Frames {
        Frames {
            longest: runs.iter().map(Run::end).max().unwrap_or(0),
        }
    }
}

/// Draws a run. `label` says what the picture shows.
pub(crate) fn svg(
    definition: &Definition,
    run: &Run,
    frames: Frames,
    frame: Frame,
    label: &str,
) -> String {
    Chart::new(definition, run, frames).draw(frame, label)
}

/// Where a lane is.
#[derive(Debug)]
struct Row<'a> {
    lane: &'a Lane,
    top: f64,
    height: f64,
}

struct Chart<'a> {
    definition: &'a Definition,
    run: &'a Run,
    rows: Vec<Row<'a>>,
    /// Of each event: which of the spans of its lane at that time it is.
    levels: Vec<usize>,
    end: u64,
    height: f64,
}

impl<'a> Chart<'a> {
    fn new(definition: &'a Definition, run: &'a Run, frames: Frames) -> Self {
        let levels = levels(&run.events);
        let mut rows = Vec::new();
        let mut top = HEAD + 4.0;
        for lane in definition.lanes(&run.id) {
            let of_lane = run.events.iter().zip(&levels);
            let most = of_lane
                .filter(|(event, _)| event.lane == lane.id)
                .map(|(_, level)| level + 1)
                .max()
                .unwrap_or(1);
            let height = match lane.shape {
                Shape::Thread => ROW,
                Shape::Place => SLIM * most as f64,
            };
            rows.push(Row { lane, top, height });
            top += height + SPACE;
        }
        let end = match definition.scale {
            Scale::Shared => frames.longest,
            Scale::Own => run.end(),
        };
        Chart {
            definition,
            run,
            rows,
            levels,
            end: end.max(1),
            height: top,
        }
    }

    fn draw(&self, frame: Frame, label: &str) -> String {
        let events = &self.run.events;
        let height = self.height;
        let shown = match frame {
            Frame::All => events.len(),
            Frame::Until(count) => count.min(events.len()),
        };
        let mut svg = format!(
            "<svg class=\"fig-svg fig-gantt\" width=\"100%\" \
             height=\"{height}\" role=\"img\" aria-label=\"{}\">",
            attribute(label)
        );
        svg += &self.axis();
        for row in &self.rows {
            svg += &self.row(row);
        }
        for (index, event) in events.iter().enumerate().take(shown) {
            // At the end nothing is to come, and a mark would say nothing.
            let marked = matches!(frame, Frame::Until(n) if n == index + 1)
                && index + 1 < events.len();
            let now = if marked { " now" } else { "" };
            let _ = write!(
                svg,
                "<g class=\"fig-step{now}\" data-step=\"{}\">{}{}{}</g>",
                event.step,
                self.future(event),
                self.event(index, event),
                self.mark(index, event)
            );
        }
        svg + "</svg>"
    }

    fn percent(&self, time: u64) -> String {
        percent(time as f64 / self.end as f64 * WIDTH)
    }

    /// Lines at round times, with their labels.
    fn axis(&self) -> String {
        let step = tick(self.end);
        let unit = &self.definition.record.unit;
        let bottom = self.height - SPACE / 2.0;
        let mut svg = String::new();
        let mut time = 0;
        while time <= self.end {
            let x = self.percent(time);
            let label = match time {
                0 => format!("0 {unit}"),
                _ => thousands(time),
            };
            let _ = write!(
                svg,
                "<line class=\"fig-grid\" x1=\"{x}\" x2=\"{x}\" y1=\"{HEAD}\" \
                 y2=\"{bottom}\"/><text class=\"fig-tick\" x=\"{x}\" \
                 y=\"{}\">{}</text>",
                HEAD - 11.0,
                escape(&label)
            );
            time += step;
        }
        svg
    }

    /// A lane's name, and the line on which it is when it is idle.
    fn row(&self, row: &Row<'_>) -> String {
        let middle = row.top + row.height / 2.0;
        let class = match row.lane.shape {
            Shape::Thread => "fig-idle",
            Shape::Place => "fig-idle fig-place",
        };
        format!(
            "<text class=\"fig-lane\" x=\"-8\" y=\"{}\">{}</text>\
             <rect class=\"{class}\" x=\"0%\" y=\"{}\" width=\"100%\" \
             height=\"{}\"/>",
            middle + 4.0,
            escape(&row.lane.label),
            row.top,
            row.height
        )
    }

    fn row_of(&self, lane: &str) -> &Row<'a> {
        // Lanes are checked on load.
        let index = self.rows.iter().position(|row| row.lane.id == lane);
        &self.rows[index.unwrap_or(0)]
    }

    /// Where a span is, from above: its top and its height.
    fn place(&self, index: usize, event: &Event) -> (f64, f64) {
        let row = self.row_of(&event.lane);
        match row.lane.shape {
            Shape::Thread => (row.top, row.height),
            Shape::Place => (row.top + SLIM * self.levels[index] as f64, SLIM),
        }
    }

    fn event(&self, index: usize, event: &Event) -> String {
        let start = event.time.unwrap_or(0);
        if let Some(took) = event.took {
            return self.bar(event, start, took, self.place(index, event));
        }
        let row = self.row_of(&event.lane);
        let x = self.percent(start);
        // What ends a span is told at that span.
        let ended = self.run.events[..index].iter().position(|span| {
            span.took.is_some()
                && span.lane == event.lane
                && span.text == event.text
                && span.end() == start
        });
        let (top, height) = match ended {
            Some(span) => self.place(span, &self.run.events[span]),
            None => (row.top, row.height),
        };
        match &event.to {
            Some(to) => self.arrow(event, &x, row, self.row_of(to)),
            None => format!(
                "<svg class=\"fig-at\" x=\"{x}\" y=\"{}\">\
                 <path class=\"fig-tip\" d=\"M0 -4 l4 4 l-4 4 l-4 -4 z\"/></svg>",
                top + height / 2.0
            ),
        }
    }

    fn bar(
        &self,
        event: &Event,
        start: u64,
        took: u64,
        (top, height): (f64, f64),
    ) -> String {
        let x = self.percent(start);
        let end = self.percent(start + took);
        let part = took as f64 / self.end as f64;
        let width = percent(part * WIDTH);
        let (class, gap) = match event.kind {
            Kind::Work => ("fig-busy", 0.0),
            Kind::Sleep => ("fig-stands", 0.0),
            _ => ("fig-open", 1.5),
        };
        let (y, h) = (top + gap, height - 2.0 * gap);
        let mut svg = format!("<g class=\"{class}\">");
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{h}\"/>"
        );
        if event.kind == Kind::Sleep {
            let middle = y + h / 2.0;
            let _ = write!(
                svg,
                "<line x1=\"{x}\" x2=\"{end}\" y1=\"{middle}\" y2=\"{middle}\" \
                 stroke-width=\"{h}\"/>"
            );
        }
        let words = event.filled(&event.text);
        let room = words.chars().count() as f64 * LETTER + 3.0;
        let fits = if part * PHONE >= room {
            Some("fig-in")
        } else if part * DESK >= room {
            Some("fig-in fig-wide")
        } else {
            None
        };
        if let Some(class) = fits {
            let middle = percent(
                (start as f64 + took as f64 / 2.0) / self.end as f64 * WIDTH,
            );
            let _ = write!(
                svg,
                "<text class=\"{class}\" x=\"{middle}\" y=\"{}\">{}</text>",
                top + height / 2.0 + 4.0,
                escape(&words)
            );
        }
        svg + "</g>"
    }

    /// From a row to another one.
    fn arrow(
        &self,
        event: &Event,
        x: &str,
        from: &Row<'_>,
        to: &Row<'_>,
    ) -> String {
        let middle = |row: &Row<'_>| row.top + row.height / 2.0;
        let (start, end) = (middle(from), middle(to));
        let back = if end > start { -7.0 } else { 7.0 };
        let class = match event.kind {
            Kind::Return => "fig-arrow fig-back",
            Kind::Wake => "fig-arrow fig-wakes",
            _ => "fig-arrow",
        };
        format!(
            "<g class=\"{class}\"><line class=\"fig-shaft\" x1=\"{x}\" \
             x2=\"{x}\" y1=\"{start}\" y2=\"{}\"/><svg class=\"fig-at\" \
             x=\"{x}\" y=\"{end}\"><path d=\"M-4 {back} L0 0 L4 {back} z\"/>\
             </svg></g>",
            end + back
        )
    }

    /// Of the current step: what is to come of all that began before is pale.
    fn future(&self, event: &Event) -> String {
        let time = event.time.unwrap_or(0);
        let rest = (self.end - time) as f64 / self.end as f64 * WIDTH;
        format!(
            "<g class=\"fig-mark\"><rect class=\"fig-future\" x=\"{}\" \
             y=\"{HEAD}\" width=\"{}\" height=\"{}\"/></g>",
            self.percent(time),
            percent(rest),
            self.height - SPACE / 2.0 - HEAD
        )
    }

    /// The current step: what happens has a frame, and a line says when.
    fn mark(&self, index: usize, event: &Event) -> String {
        let x = self.percent(event.time.unwrap_or(0));
        let bottom = self.height - SPACE / 2.0;
        let mut svg = "<g class=\"fig-mark\">".to_owned();
        if let Some(took) = event.took {
            let (top, height) = self.place(index, event);
            let _ = write!(
                svg,
                "<rect class=\"fig-frame-now\" x=\"{x}\" y=\"{top}\" \
                 width=\"{}\" height=\"{height}\"/>",
                percent(took as f64 / self.end as f64 * WIDTH)
            );
        }
        let _ = write!(
            svg,
            "<line class=\"fig-now-at\" x1=\"{x}\" x2=\"{x}\" y1=\"{}\" \
             y2=\"{bottom}\"/><svg class=\"fig-at\" x=\"{x}\" y=\"{HEAD}\">\
             <path class=\"fig-now-tip\" d=\"M0 0 l-5 -8 h10 z\"/></svg></g>",
            HEAD - 2.0
        );
        svg
    }
}

/// Spans of a lane that overlap are stacked: each takes the highest level that
/// is free.
fn levels(events: &[Event]) -> Vec<usize> {
    let mut levels = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let start = event.time.unwrap_or(0);
        let taken: Vec<usize> = events[..index]
            .iter()
            .zip(&levels)
            .filter(|(other, _)| {
                other.lane == event.lane
                    && other.took.is_some()
                    && other.end() > start
            })
            .map(|(_, level)| *level)
            .collect();
        let free = (0..).find(|level| !taken.contains(level));
        // There are more levels than spans.
        levels.push(if event.took.is_some() {
            free.unwrap_or(0)
        } else {
            0
        });
    }
    levels
}

/// A round number of which a few make the whole.
fn tick(end: u64) -> u64 {
    let mut tens = 1;
    loop {
        for step in [tens, 2 * tens, 5 * tens] {
            if end / step <= TICKS {
                return step;
            }
        }
        tens *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{recording, workshop};

    fn drawn(run: usize, frame: Frame) -> String {
        let (definition, recording) = (workshop(), recording("workshop"));
        let frames = Frames::of(&recording.runs);
        svg(&definition, &recording.runs[run], frames, frame, "x \"y\"")
    }

    #[test]
    fn each_kind_of_span_has_a_shape_of_its_own() {
        let stands = drawn(0, Frame::All);
        assert!(stands.contains("<g class=\"fig-busy\"><rect x=\"0%\""));
        assert!(stands.contains("<g class=\"fig-stands\">"));
        assert!(stands.contains("stroke-width=\"22\""), "it is hatched");
        let aside = drawn(2, Frame::All);
        assert!(aside.contains("<g class=\"fig-open\">"));
        assert!(!aside.contains("fig-stands"));
        assert_eq!(aside.matches("<g").count(), aside.matches("</g>").count());
        assert!(!aside.contains('\n'), "one line is one HTML block");
        assert!(aside.contains("aria-label=\"x &quot;y&quot;\""));
    }

    #[test]
    fn runs_share_the_scale_unless_each_has_its_own() {
        // The longest run takes 24, so 2 of that are a twelfth.
        assert!(drawn(2, Frame::All).contains("width=\"8.33%\""));
        let (mut definition, recording) = (workshop(), recording("workshop"));
        definition.scale = Scale::Own;
        let frames = Frames::of(&recording.runs);
        let run = &recording.runs[2];
        let own = svg(&definition, run, frames, Frame::All, "x");
        // Its own end is 14, so 2 are a seventh.
        assert!(own.contains("width=\"14.29%\""), "{own}");
    }

    #[test]
    fn a_frame_ends_with_its_step_and_marks_it() {
        for (count, marked) in [(0, 0), (1, 1), (2, 1), (5, 0), (99, 0)] {
            let svg = drawn(0, Frame::Until(count));
            let steps = recording("workshop").runs[0].events.len().min(count);
            assert_eq!(svg.matches("data-step").count(), steps);
            assert_eq!(svg.matches("fig-step now").count(), marked);
        }
    }

    #[test]
    fn spans_that_overlap_are_stacked() {
        let run = &recording("workshop").runs[2];
        let aside: Vec<usize> = run
            .events
            .iter()
            .zip(levels(&run.events))
            .filter(|(event, _)| event.lane == "aside")
            .map(|(_, level)| level)
            .collect();
        assert_eq!(aside, [0, 1]);
    }

    #[test]
    fn the_axis_has_a_few_round_numbers() {
        for (end, step) in
            [(1, 1), (5, 1), (6, 2), (24, 5), (240, 50), (999, 200)]
        {
            assert_eq!(tick(end), step, "{end}");
        }
    }
}
