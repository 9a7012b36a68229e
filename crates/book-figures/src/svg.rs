//! The shapes of which pictures are made. Only shapes and words: colours are
//! the style sheet's.

use crate::measure::LINE;
use crate::text::escape;

/// Which steps are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Frame {
    /// All, each in a group of its own, for the script to show and hide.
    All,
    /// The first so many; the last of them is marked.
    Until(usize),
}

/// A full head asks, an open one answers.
pub(crate) fn arrow(
    class: &str,
    start: f64,
    end: f64,
    y: f64,
    full: bool,
) -> String {
    let back = if end > start { -7.0 } else { 7.0 };
    let shaft = if full { end + back } else { end };
    let close = if full { "z" } else { "" };
    format!(
        "<g class=\"{class}\">{}<path d=\"M{} {} L{end} {y} L{} {}{close}\"/></g>",
        line("fig-shaft", start, y, shaft, y),
        end + back,
        y - 4.0,
        end + back,
        y + 4.0
    )
}

pub(crate) fn circle(x: f64, y: f64) -> String {
    format!("<circle class=\"fig-dot\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>")
}

pub(crate) fn line(class: &str, x1: f64, y1: f64, x2: f64, y2: f64) -> String {
    format!(
        "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" \
         y2=\"{y2}\"/>"
    )
}

pub(crate) fn rect(
    class: &str,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
) -> String {
    format!(
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" \
         height=\"{height}\"/>"
    )
}

pub(crate) fn text(class: &str, x: f64, y: f64, words: &str) -> String {
    format!(
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
        escape(words)
    )
}

/// Lines below each other; `y` is the first one's.
pub(crate) fn texts(class: &str, x: f64, y: f64, lines: &[String]) -> String {
    lines
        .iter()
        .enumerate()
        .map(|(nth, words)| text(class, x, y + LINE * nth as f64, words))
        .collect()
}
