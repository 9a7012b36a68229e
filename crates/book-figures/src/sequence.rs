//! A run as a sequence diagram: lanes are columns, time runs downwards, each
//! step has a row. Narrow enough for a phone.
//!
//! What a thread does is told by the shape of its bar: full while it runs,
//! dashed and hollow while it sleeps.

use std::fmt::Write as _;

use crate::bars::{self, Activity};
use crate::cells;
use crate::definition::{Definition, Lane, Run as Wanted, Shape, Show};
use crate::event::{Event, Kind, Run};
use crate::measure::{
    HALF, LETTER, LINE, NAME_LETTER, WIDTH, gap, margin, name_columns, room,
    wrapped,
};
use crate::svg::{Frame, arrow, circle, line, rect, text, texts};
use crate::text::{attribute, thousands};

/// The lanes' names.
const HEAD: f64 = 36.0;
/// A displayed cell.
const CELL: f64 = 14.0;

/// A step's row.
#[derive(Debug)]
struct Row {
    top: f64,
    bottom: f64,
}

impl Row {
    fn middle(&self) -> f64 {
        (self.top + self.bottom) / 2.0
    }
}

/// Draws a run. `label` says what the picture shows.
pub(crate) fn svg(
    definition: &Definition,
    wanted: &Wanted,
    run: &Run,
    frame: Frame,
    label: &str,
) -> String {
    let canvas = Canvas {
        definition,
        wanted,
        events: &run.events,
        rows: rows(definition, &run.events),
    };
    canvas.draw(frame, label)
}

/// The beginning of a picture from `top` to `bottom`; its class is the first
/// of the attributes.
fn open(attributes: &str, top: f64, bottom: f64) -> String {
    let height = bottom - top;
    format!(
        "<svg class=\"fig-svg {attributes}\" viewBox=\"0 {top} {WIDTH} \
         {height}\" width=\"{WIDTH}\" height=\"{height}\">"
    )
}

/// Where the lanes' names end: some have a second line.
fn head(definition: &Definition) -> f64 {
    let room = name_columns(definition.lane.len());
    let second = |lane: &Lane| wrapped(&lane.label, room).len() > 1;
    if definition.lane.iter().any(second) {
        HEAD + LINE
    } else {
        HEAD
    }
}

fn rows(definition: &Definition, events: &[Event]) -> Vec<Row> {
    let mut top = head(definition) + 4.0;
    let mut rows = Vec::new();
    for event in events {
        let mut height = match event.kind {
            Kind::Call if event.answer.is_some() => 56.0,
            Kind::Call | Kind::Return | Kind::Data => 38.0,
            Kind::Wake if event.to.is_some() => 38.0,
            Kind::Sleep => 40.0,
            Kind::Wake | Kind::Work | Kind::State | Kind::Note => 36.0,
        };
        if event.count > 1 && badge_is_below(definition, event) {
            height += 18.0;
        }
        for words in [Some(&event.text), event.answer.as_ref()] {
            let room = room(definition.lane.len(), definition.gaps(event));
            let lines = words.map(|w| wrapped(&event.filled(w), room).len());
            height += LINE * (lines.unwrap_or(1) - 1) as f64;
        }
        rows.push(Row {
            top,
            bottom: top + height,
        });
        top += height;
    }
    rows
}

/// Beside the lane that is called, or below the arrow if that is the last one.
fn badge_is_below(definition: &Definition, event: &Event) -> bool {
    let Some(to) = &event.to else { return true };
    let (from, to) = (definition.column(&event.lane), definition.column(to));
    let last = definition.lane.len() - 1;
    if from < to { to == last } else { to == 0 }
}

struct Canvas<'a> {
    definition: &'a Definition,
    wanted: &'a Wanted,
    events: &'a [Event],
    rows: Vec<Row>,
}

impl Canvas<'_> {
    fn draw(&self, frame: Frame, label: &str) -> String {
        let shown = match frame {
            Frame::All => self.events.len(),
            Frame::Until(count) => count.min(self.events.len()),
        };
        let end = match frame {
            Frame::Until(0) => head(self.definition) + 18.0,
            _ => self.rows[shown - 1].bottom,
        };
        let height = end + 8.0;
        let label = attribute(label);
        let top = head(self.definition) - 8.0;
        let (names, tracks) = (self.names(top), self.tracks(top, height));
        let (first, above, inside) = match frame {
            // The names are a picture of their own, which stays where it is
            // while the steps scroll.
            Frame::All => {
                let attributes = "fig-head\" aria-hidden=\"true";
                (top, open(attributes, 0.0, top) + &names + "</svg>", tracks)
            }
            Frame::Until(_) => (0.0, String::new(), tracks + &names),
        };
        let attributes =
            format!("fig-steps\" role=\"img\" aria-label=\"{label}");
        let mut svg = above + &open(&attributes, first, height) + &inside;
        let mut activity = vec![Activity::NotYet; self.definition.lane.len()];
        for (index, event) in self.events.iter().enumerate().take(shown) {
            let marked =
                matches!(frame, Frame::Until(count) if index + 1 == count);
            let now = if marked { " now" } else { "" };
            // No white space between the tags: markdown would see blank lines.
            let _ = write!(
                svg,
                "<g class=\"fig-step{now}\" data-step=\"{}\">",
                event.step
            );
            svg += &self.step(index, &mut activity);
            svg += "</g>";
        }
        svg + "</svg>"
    }

    fn x(&self, lane: usize) -> f64 {
        match self.definition.lane.len() {
            1 => WIDTH / 2.0,
            lanes => margin(lanes) + lane as f64 * gap(lanes),
        }
    }

    fn is_thread(&self, lane: usize) -> bool {
        self.definition.lane[lane].shape == Shape::Thread
    }

    /// The lanes' names, which end at `bottom`.
    fn names(&self, bottom: f64) -> String {
        let mut svg = String::new();
        for (index, lane) in self.definition.lane.iter().enumerate() {
            let x = self.x(index);
            let room = name_columns(self.definition.lane.len());
            let lines = wrapped(&lane.label, room);
            let longest = lines.iter().map(|l| l.chars().count()).max();
            let width = (longest.unwrap_or(0) as f64 * NAME_LETTER + 14.0)
                .min(gap(self.definition.lane.len()) - 4.0);
            // A thread's name has round ends, a place's has corners.
            let round = match lane.shape {
                Shape::Thread => 12.0,
                Shape::Place => 2.0,
            };
            // The outermost ones must not leave the picture.
            let left = (x - width / 2.0).clamp(1.0, WIDTH - width - 1.0);
            let _ = write!(
                svg,
                "<rect class=\"fig-name\" x=\"{left}\" y=\"4\" \
                 width=\"{width}\" height=\"{}\" rx=\"{round}\"/>{}",
                bottom - 4.0,
                // One line stands in the middle of a box that others need.
                texts(
                    "fig-name",
                    left + width / 2.0,
                    (bottom + 12.0 - LINE * (lines.len() - 1) as f64) / 2.0,
                    &lines
                )
            );
        }
        svg
    }

    /// The lines and bands below the lanes' names.
    fn tracks(&self, top: f64, bottom: f64) -> String {
        let lanes = self.definition.lane.iter().enumerate();
        lanes
            .map(|(index, lane)| (self.x(index), lane))
            .map(|(x, lane)| match lane.shape {
                Shape::Thread => line("fig-line", x, top, x, bottom),
                Shape::Place => {
                    let left = x - HALF;
                    rect("fig-band", left, top, 2.0 * HALF, bottom - top)
                }
            })
            .collect()
    }

    /// One step: the mark that it is the current one, every thread's bar in
    /// its row, and what happens.
    fn step(&self, index: usize, activity: &mut [Activity]) -> String {
        let (event, row) = (&self.events[index], &self.rows[index]);
        let mut svg = self.mark(row);
        for (lane, activity) in activity.iter_mut().enumerate() {
            if self.is_thread(lane) {
                let id = &self.definition.lane[lane].id;
                let y = row.top..row.bottom;
                svg += &bars::bar(event, id, self.x(lane), y, activity);
            }
        }
        svg += &self.happening(event, row);
        svg + &self.cells(index)
    }

    fn mark(&self, row: &Row) -> String {
        let (top, middle) = (row.top, row.middle());
        let height = row.bottom - row.top;
        format!(
            "<g class=\"fig-mark\"><rect x=\"0.5\" y=\"{top}\" \
             width=\"{}\" height=\"{height}\" rx=\"4\"/>\
             <path d=\"M2 {} l8 6 l-8 6 z\"/></g>",
            WIDTH - 1.0,
            middle - 6.0
        )
    }

    fn happening(&self, event: &Event, row: &Row) -> String {
        let from = self.definition.column(&event.lane);
        match &event.to {
            Some(to) => {
                self.arrows(event, row, from, self.definition.column(to))
            }
            None => self.alone(event, row, from),
        }
    }

    /// From a lane to another: one arrow, or one there and one back.
    fn arrows(
        &self,
        event: &Event,
        row: &Row,
        from: usize,
        to: usize,
    ) -> String {
        let right = to > from;
        let edge = |lane: usize, outwards: bool| {
            let side = if outwards == right { HALF } else { -HALF };
            self.x(lane) + side
        };
        let (start, end) = (edge(from, true), edge(to, false));
        let words = self.lines(event, &event.text);
        let y = row.top + 22.0 + LINE * (words.len() - 1) as f64;
        let middle = (start + end) / 2.0;
        let mut svg = String::new();
        if event.count > 1 {
            // A stack: it happened more than once.
            for offset in [6.0, 3.0] {
                svg += &line("fig-echo", start, y + offset, end, y + offset);
            }
        }
        let class = match event.kind {
            Kind::Return => "fig-arrow fig-back",
            Kind::Wake => "fig-arrow fig-wakes",
            Kind::Data => "fig-arrow fig-data",
            _ => "fig-arrow",
        };
        svg += &arrow(class, start, end, y, event.kind != Kind::Return);
        match event.kind {
            Kind::Wake => svg += &circle(start, y),
            Kind::Data => {
                svg += &rect("fig-packet", middle - 5.0, y - 5.0, 10.0, 10.0)
            }
            _ => {}
        }
        let first = row.top + 16.0;
        svg += &texts("fig-label", middle, first, &words);
        if let Some(answer) = &event.answer {
            let below = y + 9.0;
            svg += &arrow("fig-arrow fig-back", end, start, below, false);
            let words = self.lines(event, answer);
            let class = "fig-label fig-answer";
            svg += &texts(class, middle, below + 14.0, &words);
        }
        if event.count > 1 {
            svg += &self.badge(event, row, to, right);
        }
        svg
    }

    /// Words of an event, in the lines that fit between two lanes.
    fn lines(&self, event: &Event, words: &str) -> Vec<String> {
        let lanes = self.definition.lane.len();
        let room = room(lanes, self.definition.gaps(event));
        wrapped(&event.filled(words), room)
    }

    fn badge(
        &self,
        event: &Event,
        row: &Row,
        to: usize,
        right: bool,
    ) -> String {
        let words = format!("× {}", thousands(event.count));
        let width = words.chars().count() as f64 * LETTER + 12.0;
        let (left, y) = if badge_is_below(self.definition, event) {
            let from = self.definition.column(&event.lane);
            let middle = (self.x(from) + self.x(to)) / 2.0;
            (middle - width / 2.0, row.bottom - 22.0)
        } else if right {
            (self.x(to) + HALF + 8.0, row.top + 16.0)
        } else {
            (self.x(to) - HALF - 8.0 - width, row.top + 16.0)
        };
        format!(
            "<g class=\"fig-badge\"><rect x=\"{left}\" y=\"{y}\" \
             width=\"{width}\" height=\"20\" rx=\"10\"/>{}</g>",
            text("fig-label", left + width / 2.0, y + 14.0, &words)
        )
    }

    /// On one lane: a word beside it, or a box on it.
    fn alone(&self, event: &Event, row: &Row, lane: usize) -> String {
        let words = self.lines(event, &event.text);
        // How far the first line stands above the middle.
        let up = LINE * (words.len() - 1) as f64 / 2.0;
        let x = self.x(lane);
        let y = row.middle();
        let last = lane + 1 == self.definition.lane.len() && lane > 0;
        let (side, class) = if last {
            (x - HALF - 7.0, "fig-label fig-beside fig-left")
        } else {
            (x + HALF + 7.0, "fig-label fig-beside")
        };
        match event.kind {
            Kind::Sleep => texts(class, side, y + 8.0 - up, &words),
            Kind::Wake => {
                circle(x, y) + &texts(class, side, y + 4.0 - up, &words)
            }
            Kind::Work => texts(class, side, y + 4.0 - up, &words),
            _ => {
                let longest = words.iter().map(|w| w.chars().count()).max();
                let width = longest.unwrap_or(0) as f64 * LETTER + 14.0;
                let left = (x - width / 2.0).clamp(1.0, WIDTH - width - 1.0);
                let round = if event.kind == Kind::State { 12 } else { 0 };
                format!(
                    "<g class=\"fig-box\"><rect x=\"{left}\" y=\"{}\" \
                     width=\"{width}\" height=\"{}\" rx=\"{round}\"/>{}</g>",
                    y - 12.0 - up,
                    24.0 + 2.0 * up,
                    texts(
                        "fig-label",
                        left + width / 2.0,
                        y + 4.0 - up,
                        &words
                    )
                )
            }
        }
    }

    /// A row of cells that this step changes, in a gap that its arrow leaves
    /// free beside the lane that holds them.
    fn cells(&self, index: usize) -> String {
        let event = &self.events[index];
        let lanes = self.definition.lane.len();
        let Some(to) = &event.to else {
            return String::new();
        };
        if event.count > 1 && !badge_is_below(self.definition, event) {
            return String::new();
        }
        let (from, to) = (
            self.definition.column(&event.lane),
            self.definition.column(to),
        );
        // The gap before column 1 has the number 0.
        let used = from.min(to)..from.max(to);
        let free = [used.start.checked_sub(1), Some(used.end)]
            .into_iter()
            .flatten()
            .find(|gap| gap + 1 < lanes);
        let changed = self.definition.states(&self.wanted.id).find(|state| {
            let before = match index {
                0 => None,
                _ => self.events[index - 1].state.get(&state.id),
            };
            state.show == Show::Cells && before != event.state.get(&state.id)
        });
        let (Some(free), Some(state)) = (free, changed) else {
            return String::new();
        };
        let room = gap(lanes) - 2.0 * HALF - 12.0;
        let size = CELL.min(room / state.size as f64);
        let left =
            (self.x(free) + self.x(free + 1) - size * state.size as f64) / 2.0;
        let letters = cells::letters(event.state.get(&state.id), state.size);
        let top = self.rows[index].top + 26.0 - size / 2.0;
        cells::row(&letters, left, top, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{probe, recording};

    #[test]
    fn words_are_escaped_and_no_line_is_blank() {
        let definition = probe();
        let mut run = recording("probe").runs.remove(0);
        run.events[0].text = "a<b>&\"c\"".to_owned();
        let wanted = &definition.run[0];
        let svg = svg(&definition, wanted, &run, Frame::All, "x \"y\" <z>");
        assert!(svg.contains(">a&lt;b&gt;&amp;\"c\"</text>"), "{svg}");
        assert!(svg.contains("aria-label=\"x &quot;y&quot; &lt;z&gt;\""));
        assert!(!svg.contains('\n'), "one line is one HTML block");
        assert_eq!(svg.matches("<g").count(), svg.matches("</g>").count());
    }

    #[test]
    fn a_frame_ends_with_its_step_and_marks_it() {
        let definition = probe();
        let run = &recording("probe").runs[0];
        let wanted = &definition.run[0];
        let frame =
            |count| svg(&definition, wanted, run, Frame::Until(count), "x");
        for (count, steps, marks) in
            [(0, 0, 0), (1, 1, 1), (2, 2, 1), (9, 2, 0)]
        {
            let svg = frame(count);
            assert_eq!(svg.matches("data-step").count(), steps);
            assert_eq!(svg.matches("fig-step now").count(), marks);
        }
        let all = svg(&definition, wanted, run, Frame::All, "x");
        assert_eq!(all.matches("data-step").count(), 2);
        assert!(all.contains("× 2"), "repetitions are counted");
    }

    #[test]
    fn sleep_has_a_shape_of_its_own() {
        let definition = probe();
        let run = &recording("probe").runs[1];
        let wanted = &definition.run[1];
        let svg = svg(&definition, wanted, run, Frame::All, "x");
        assert!(svg.contains("fig-dashed") && svg.contains("fig-cap"));
    }
}
