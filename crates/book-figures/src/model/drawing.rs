//! The picture: of which pieces it is made, and in which states each is seen.
//!
//! A shape whose words have a value in them becomes a piece for each text that
//! the value may be, and each cell two pieces, a full and an empty one. So a
//! state of the picture is no more than which pieces are seen.

use std::collections::{BTreeMap, BTreeSet};

use super::check::placeholder;
use super::definition::{Definition, Draw, Shape, When};
use super::recording::{Node, Recording};
use crate::svg::{line, rect};
use crate::text::{attribute, escape};

/// The side of a cell.
const CELL: f64 = 24.0;

/// A part of the picture that is seen or not.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    svg: String,
    when: When,
    also: Option<Also>,
    /// Is it seen in every state?
    always: bool,
    /// The shape that it comes from, counted from 0.
    pub(super) shape: usize,
}

/// What else must hold of a value.
#[derive(Clone, Debug)]
enum Also {
    Is(String, String),
    Above(String, usize),
    NotAbove(String, usize),
}

impl Piece {
    /// Is it seen in that state?
    pub(super) fn seen(&self, node: &Node) -> bool {
        let value = |id: &String| node.values.get(id);
        let number = |id| value(id).and_then(|text| text.parse::<usize>().ok());
        let also = match &self.also {
            None => true,
            Some(Also::Is(id, text)) => value(id) == Some(text),
            Some(Also::Above(id, n)) => number(id).is_some_and(|v| v > *n),
            Some(Also::NotAbove(id, n)) => number(id).is_some_and(|v| v <= *n),
        };
        also && self.when.holds(&node.values)
    }
}

/// The pieces of all shapes, from back to front.
pub(super) fn pieces(
    definition: &Definition,
    recording: &Recording,
) -> Vec<Piece> {
    let states = || recording.levels.iter().flat_map(|run| &run.states);
    // What each value may be.
    let mut texts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, text) in states().flat_map(|node| &node.values) {
        texts.entry(id).or_default().insert(text);
    }
    let mut pieces = Vec::new();
    for (nth, shape) in definition.shape.iter().enumerate() {
        let mut add = |svg: String, also: Option<Also>| {
            let mut piece = Piece {
                svg,
                when: shape.when.clone(),
                also,
                always: false,
                shape: nth,
            };
            piece.always = states().all(|node| piece.seen(node));
            pieces.push(piece);
        };
        if shape.draw == Draw::Cells {
            let value = shape.value.clone().unwrap_or_default();
            for cell in 0..shape.cells {
                let x = shape.at[0] + CELL * cell as f64;
                let own = |class| rect(class, x, shape.at[1], CELL, CELL);
                let (full, empty) = (own("fig-full"), own("fig-empty"));
                add(full, Some(Also::Above(value.clone(), cell)));
                add(empty, Some(Also::NotAbove(value.clone(), cell)));
            }
        } else if let Some(id) = placeholder(&shape.text) {
            for text in texts.get(id).into_iter().flatten() {
                let words = shape.text.replace(&format!("{{{id}}}"), text);
                let is = Also::Is(id.to_owned(), (*text).to_owned());
                add(draw(shape, &words), Some(is));
            }
        } else {
            add(draw(shape, &shape.text), None);
        }
    }
    pieces
}

/// The picture of a state, or of all for the script to show and to hide.
pub(super) fn svg(
    definition: &Definition,
    pieces: &[Piece],
    state: Option<&Node>,
    label: &str,
) -> String {
    let [width, height] = definition.size;
    let mut svg = format!(
        "<svg class=\"fig-svg fig-model\" role=\"img\" \
         viewBox=\"0 0 {width} {height}\" aria-label=\"{}\">",
        attribute(label)
    );
    for piece in pieces {
        match state {
            _ if piece.always => svg += &piece.svg,
            Some(node) if piece.seen(node) => svg += &piece.svg,
            Some(_) => {}
            None => svg += &format!("<g data-piece>{}</g>", piece.svg),
        }
    }
    svg + "</svg>"
}

/// Which of the pieces that come and go are seen in a state: a digit for each.
pub(super) fn bits(pieces: &[Piece], node: &Node) -> String {
    let come_and_go = pieces.iter().filter(|piece| !piece.always);
    let seen = come_and_go.map(|piece| piece.seen(node));
    seen.map(|seen| if seen { '1' } else { '0' }).collect()
}

fn draw(shape: &Shape, words: &str) -> String {
    let [x, y, w, h] = match shape.at[..] {
        [x, y, w, h] => [x, y, w, h],
        [x, y, ..] => [x, y, 0.0, 0.0],
        _ => [0.0; 4],
    };
    let framed = |class: &str| rect(class, x, y, w, h);
    let written = |class: &str, x: f64, y: f64| match words {
        "" => String::new(),
        words => format!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
            escape(words)
        ),
    };
    let inside = |class| written(class, x + w / 2.0, y + h / 2.0 + 4.0);
    match shape.draw {
        Draw::Frame => {
            framed("fig-place") + &written("fig-of-place", x + 8.0, y + 15.0)
        }
        Draw::List => {
            framed("fig-list") + &written("fig-of-list", x + 8.0, y + 19.0)
        }
        Draw::Card => framed("fig-card") + &inside("fig-in"),
        Draw::Ghost => framed("fig-ghost") + &inside("fig-in fig-quiet"),
        Draw::Text => written("fig-at-left", x, y),
        Draw::Strong => written("fig-at-left fig-strong", x, y),
        Draw::Quiet => written("fig-at-left fig-quiet", x, y),
        Draw::Arrow => pointer("fig-leads", [x, y], [w, h]),
        Draw::Trace => pointer("fig-leads fig-trace", [x, y], [w, h]),
        // Each cell is a piece of its own.
        Draw::Cells => String::new(),
    }
}

/// An arrow in any direction.
fn pointer(class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> String {
    let (dx, dy) = (x2 - x1, y2 - y1);
    let length = dx.hypot(dy).max(1.0);
    // From the tip back along the shaft, and to both sides of it.
    let corner = |side: f64| {
        let x = x2 - (8.0 * dx + side * dy) / length;
        let y = y2 - (8.0 * dy - side * dx) / length;
        format!("{x:.1} {y:.1}")
    };
    format!(
        "<g class=\"{class}\">{}<path d=\"M{} L{x2} {y2} L{}z\"/></g>",
        line(
            "fig-shaft",
            x1,
            y1,
            x2 - 6.0 * dx / length,
            y2 - 6.0 * dy / length
        ),
        corner(4.5),
        corner(-4.5),
    )
}

#[cfg(test)]
mod tests {
    use crate::model::tests::counter;

    #[test]
    fn a_state_is_which_pieces_are_seen() {
        let model = counter();
        let pieces = super::pieces(&model.definition, &model.recording);
        let run = &model.recording.levels[1];
        let svg = |state: usize| {
            let node = &run.states[state];
            super::svg(&model.definition, &pieces, Some(node), "a \"shop\"")
        };
        let full = |svg: &str| svg.matches("class=\"fig-full\"").count();
        for (nth, node) in run.states.iter().enumerate() {
            let svg = svg(nth);
            assert_eq!(full(&svg).to_string(), node.values["loaves"]);
            assert!(svg.contains(&format!(">{}</text>", node.values["door"])));
            assert!(svg.contains("a &quot;shop&quot;"));
        }
        let live = super::svg(&model.definition, &pieces, None, "");
        let bits = super::bits(&pieces, &run.states[0]);
        assert_eq!(live.matches("data-piece").count(), bits.len());
        let ones = bits.matches('1').count();
        assert!(ones > 0 && ones < bits.len(), "{bits}");
        // The frame is always there, and is not switched.
        assert!(live.contains("aria-label=\"\"><rect class=\"fig-place\""));
    }

    #[test]
    fn an_arrow_ends_where_it_is_said_to() {
        let arrow = super::pointer("a", [0.0, 0.0], [0.0, 20.0]);
        assert!(arrow.contains("M-4.5 12.0 L0 20 L4.5 12.0z"), "{arrow}");
        let arrow = super::pointer("a", [0.0, 0.0], [20.0, 0.0]);
        assert!(arrow.contains("M12.0 4.5 L20 0 L12.0 -4.5z"), "{arrow}");
    }
}
