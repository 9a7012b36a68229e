//! What all forms of a figure ask it for: pictures, captions, the legend.

use crate::code;
use crate::definition::{Picture, Recorder, Run as Wanted, Shape};
use crate::event::{Event, Kind, Run};
use crate::figure::Figure;
use crate::gantt::{self, Frames};
use crate::memory;
use crate::sequence;
use crate::svg::Frame;
use crate::text::{escape, inline, plain, thousands};

/// A figure that is being drawn.
pub(super) struct Drawn<'a> {
    pub(super) figure: &'a Figure,
    /// What all pictures of a Gantt chart share.
    frames: Frames,
}

impl<'a> Drawn<'a> {
    pub(super) fn new(figure: &'a Figure) -> Drawn<'a> {
        Drawn {
            frames: Frames::of(&figure.recording.runs),
            figure,
        }
    }

    pub(super) fn is_drawn(&self) -> bool {
        self.figure.definition.record.kind == Recorder::Drawn
    }

    /// The picture of a run.
    pub(super) fn svg(
        &self,
        wanted: &Wanted,
        run: &Run,
        frame: Frame,
        label: &str,
    ) -> String {
        let definition = &self.figure.definition;
        match definition.picture {
            Picture::Sequence => {
                sequence::svg(definition, wanted, run, frame, label)
            }
            Picture::Gantt => {
                gantt::svg(definition, run, self.frames, frame, label)
            }
            Picture::Memory => {
                memory::svg(definition, wanted, run, frame, label)
            }
        }
    }

    /// The runs that are shown on paper: with controls there are too many.
    pub(super) fn still_runs(&self) -> impl Iterator<Item = (&Wanted, &Run)> {
        let all = self.figure.definition.control.is_empty();
        self.figure
            .runs()
            .filter(move |(wanted, _)| all || wanted.key)
    }

    /// A step's caption. With a clock of its own, the figure says the time.
    pub(super) fn say(&self, event: &Event) -> String {
        let words = inline(&event.filled(&event.detail));
        match event.time {
            None => words,
            Some(time) => format!(
                "<span class=\"fig-when\">{} {}</span> {words}",
                thousands(time),
                escape(&self.figure.definition.record.unit)
            ),
        }
    }

    /// What the shapes mean, as far as these events have them.
    pub(super) fn legend(&self, events: &[Event]) -> String {
        let has = |kind: Kind| events.iter().any(|event| event.kind == kind);
        let span = |kind: Kind| {
            events.iter().any(|e| e.kind == kind && e.took.is_some())
        };
        let legend = &self.figure.definition.legend;
        let mut items: Vec<(&str, &str)> = Vec::new();
        let mut add = |is: bool, class, word| {
            if is {
                items.push((class, word));
            }
        };
        let definition = &self.figure.definition;
        if definition.picture == Picture::Gantt {
            add(span(Kind::Work), "fig-key-busy", &legend.work);
            add(span(Kind::Sleep), "fig-key-stands", &legend.sleep);
            add(span(Kind::State), "fig-key-open", &legend.state);
        } else if definition.picture == Picture::Memory {
            let strong = definition.state.iter().find(|s| !s.strong.is_empty());
            let name = strong.map_or("", |state| &state.strong);
            add(strong.is_some(), "fig-key-strong", name);
            let points = !definition.pointer.is_empty();
            add(points, "fig-key-call", "points to");
            let moves = events.iter().any(|event| !event.moves.is_empty());
            add(moves, "fig-key-moves", "is copied to");
        } else {
            let threads = self.figure.definition.lane.iter();
            let mut threads =
                threads.filter(|lane| lane.shape == Shape::Thread);
            add(threads.next().is_some(), "fig-key-runs", "runs");
            add(has(Kind::Sleep), "fig-key-sleeps", "sleeps");
            add(has(Kind::Call), "fig-key-call", "calls");
            let answers = events.iter().any(|e| e.answer.is_some());
            add(has(Kind::Return) || answers, "fig-key-answer", "answers");
            add(has(Kind::Data), "fig-key-data", "data");
            add(has(Kind::Wake), "fig-key-wakes", "wakes");
        }
        let items: String = items
            .iter()
            .map(|(class, word)| {
                format!(
                    "<li><span class=\"fig-key {class}\"></span>{}</li>",
                    escape(word)
                )
            })
            .collect();
        format!("<ul class=\"fig-legend\" aria-hidden=\"true\">{items}</ul>")
    }

    /// The number of a step's line among all that are shown, from 0.
    pub(super) fn line_of(
        &self,
        index: usize,
        event: &Event,
    ) -> Result<Option<usize>, String> {
        let Some(source) = &event.source else {
            return Ok(None);
        };
        let parts = self.figure.code(index);
        let (part, line) = code::find(parts, &source.text)?;
        let before: usize = parts[..part].iter().map(|p| p.lines.len()).sum();
        Ok(Some(before + line))
    }
}

/// A step's caption as text alone.
pub(super) fn spoken(event: &Event) -> String {
    plain(&event.filled(&event.detail))
}
