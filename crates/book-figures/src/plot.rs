//! Measurements as lines.
//!
//! A case is a number; a scale is logarithmic where its values differ much.
//! Across, everything is placed in per cent, so that letters have the same
//! size on every screen: the labels stand in margins which the style sheet
//! leaves free. A line is told by the words at its end and by the shape of its
//! marks, not by its colour.

pub(crate) mod scale;

use std::fmt::Write as _;

use self::scale::{COUNT, Scale, is_time, number, tick, touching};
use crate::text::{attribute, escape, measured, percent};

/// The height of the field that has the lines, in pixels, unless it is given.
const HEIGHT: f64 = 280.0;
/// So much of the width is left free on either side, in per cent.
const INSET: f64 = 4.0;
/// The least distance of two labels, in pixels.
const LINE: f64 = 15.0;
/// The width of the field on the narrowest phone, without names beside it.
const PHONE: f64 = 240.0;
/// A letter's width.
const LETTER: f64 = 7.4;
/// More lines than shapes could not be told apart.
const MOST: usize = 6;
/// How many characters of a label fit beside the field.
const LABEL: usize = 14;

/// A measurement: of whom, in which case, and what.
#[derive(Clone, Copy, Debug)]
pub struct Measurement<'a> {
    /// Who was measured: a line of the plot.
    pub peer: &'a str,
    /// A number above zero, perhaps with commas: the place across.
    pub case: &'a str,
    /// The least of all rounds, above zero.
    pub min: f64,
    /// The median of all rounds.
    pub median: f64,
    /// The most of all rounds.
    pub max: f64,
}

/// A measurement of a line.
#[derive(Debug)]
struct Point<'a> {
    x: f64,
    row: Measurement<'a>,
}

/// The measurements of a peer.
#[derive(Debug)]
struct Line<'a> {
    peer: &'a str,
    points: Vec<Point<'a>>,
}

/// Lines of measurements.
#[derive(Debug)]
pub struct Plot<'a> {
    name: &'a str,
    unit: &'a str,
    /// What the cases count.
    cases: &'a str,
    lines: Vec<Line<'a>>,
    x: Scale,
    y: Scale,
    /// Of the field that has the lines, in pixels.
    height: f64,
}

impl<'a> Plot<'a> {
    /// Measurements that belong together, of one unit. `cases` says what the
    /// cases count: the name of the axis. A peer that is called "ours" is told
    /// from the others by the accent's colour.
    ///
    /// # Errors
    /// What keeps them from being lines: a case that is no number, a single
    /// case, numbers out of order, too many peers.
    pub fn new(
        name: &'a str,
        unit: &'a str,
        cases: &'a str,
        rows: &[Measurement<'a>],
    ) -> Result<Plot<'a>, String> {
        let mut lines: Vec<Line<'a>> = Vec::new();
        for row in rows {
            if !(row.min > 0.0
                && row.min <= row.median
                && row.median <= row.max)
            {
                return Err(format!(
                    "{:?} of {}: not {} <= {} <= {}, above zero",
                    row.case, row.peer, row.min, row.median, row.max
                ));
            }
            let point = Point {
                x: number(row.case)?,
                row: *row,
            };
            match lines.iter_mut().find(|line| line.peer == row.peer) {
                Some(line) => line.points.push(point),
                None => lines.push(Line {
                    peer: row.peer,
                    points: vec![point],
                }),
            }
        }
        for line in &mut lines {
            line.points.sort_by(|a, b| a.x.total_cmp(&b.x));
        }
        // What this book has made has the first shape, and the accent.
        lines.sort_by_key(|line| line.peer != "ours");
        if lines.len() > MOST {
            let count = lines.len();
            return Err(format!(
                "{count} peers; at most {MOST} lines can be told apart"
            ));
        }
        let points = || lines.iter().flat_map(|line| &line.points);
        let x = Scale::of_cases(points().map(|point| point.x));
        if x.low >= x.high {
            return Err(format!(
                "a line needs two cases; the group {name:?} has one: \
                 {{{{#bench …}}}} shows it"
            ));
        }
        let ends = points().flat_map(|point| [point.row.min, point.row.max]);
        Ok(Plot {
            name,
            unit,
            cases,
            x,
            y: Scale::of_values(ends),
            lines,
            height: HEIGHT,
        })
    }

    /// The same in a field of another height, in pixels.
    #[must_use]
    pub fn high(self, height: f64) -> Plot<'a> {
        Plot { height, ..self }
    }

    /// All of it on one line: in markdown, HTML ends at a blank line.
    pub fn html(&self) -> String {
        let names = self.names();
        let how = |scale: Scale| if scale.log { ", logarithmic" } else { "" };
        let name = escape(self.name);
        let title = match (self.of(), self.y.log) {
            (Some(unit), _) => {
                format!("{name} ({}{})", escape(unit), how(self.y))
            }
            (None, true) => format!("{name} (logarithmic)"),
            (None, false) => name,
        };
        let below = format!("{}{}", escape(self.cases), how(self.x));
        let mut svg = format!(
            "<figure class=\"plot\"><figcaption>{title}</figcaption>\
             <div class=\"plot-field\" style=\"--names: {names}\"><svg width=\"100%\" height=\"{}\" \
             role=\"img\" aria-label=\"{}\">",
            self.height + 26.0,
            attribute(&self.words())
        );
        svg += &self.grid();
        for (shape, line) in self.lines.iter().enumerate() {
            svg += &self.line(shape, line);
        }
        svg += &self.labels();
        svg + "</svg><p class=\"plot-cases\">" + &below + "</p></div></figure>"
    }

    /// What the scale is of, unless it only counts. A tick of a time has its
    /// own unit, which may differ from the others'.
    fn of(&self) -> Option<&'a str> {
        match self.unit {
            unit if is_time(unit) => Some("time"),
            COUNT => None,
            unit => Some(unit),
        }
    }

    /// The letters of the longest name: so wide is the margin beside the
    /// field.
    fn names(&self) -> usize {
        let names = self.lines.iter().map(|line| line.peer.chars().count());
        names.max().unwrap_or(0).clamp(4, LABEL)
    }

    /// The numbers in words, for who does not see the lines.
    fn words(&self) -> String {
        let unit = match self.unit {
            COUNT => String::new(),
            unit => format!(", in {unit}"),
        };
        let mut words =
            format!("Lines of {}{}, by {}.", self.name, unit, self.cases);
        for line in &self.lines {
            let points: Vec<String> = line
                .points
                .iter()
                .map(|Point { row, .. }| {
                    format!("{} at {}", measured(row.median), row.case)
                })
                .collect();
            let _ = write!(words, " {}: {}.", line.peer, points.join(", "));
        }
        words
    }

    fn across(&self, x: f64) -> String {
        percent(INSET + self.x.part(x) * (100.0 - 2.0 * INSET))
    }

    fn down(&self, y: f64) -> f64 {
        let part = self.y.part(y);
        ((1.0 - part) * (self.height - 16.0) + 8.0).round()
    }

    fn grid(&self) -> String {
        let mut svg = format!(
            "<rect class=\"plot-box\" x=\"0\" y=\"0\" width=\"100%\" \
             height=\"{}\"/>",
            self.height
        );
        for value in self.y.ticks() {
            let y = self.down(value);
            let _ = write!(
                svg,
                "<line class=\"plot-grid\" x1=\"0%\" x2=\"100%\" y1=\"{y}\" \
                 y2=\"{y}\"/><text class=\"plot-left\" x=\"-6\" y=\"{}\">{}\
                 </text>",
                y + 4.0,
                escape(&tick(value, self.unit))
            );
        }
        // On a phone there is no room for all of these labels.
        let phone = PHONE / LETTER - self.names() as f64;
        let words = |value: f64| (self.x.part(value), tick(value, ""));
        let words: Vec<_> = self.x.ticks().into_iter().map(words).collect();
        let touch = touching(&words, phone);
        for ((part, words), touches) in words.iter().zip(touch) {
            let x = percent(INSET + part * (100.0 - 2.0 * INSET));
            let class = if touches {
                "plot-below plot-wide"
            } else {
                "plot-below"
            };
            let _ = write!(
                svg,
                "<line class=\"plot-grid\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" \
                 y2=\"{}\"/><text class=\"{class}\" x=\"{x}\" \
                 y=\"{}\">{words}</text>",
                self.height,
                self.height + 18.0
            );
        }
        svg
    }

    /// The line itself, from the least to the most of each measurement, and
    /// the marks.
    fn line(&self, shape: usize, line: &Line<'_>) -> String {
        let mut svg =
            format!("<g class=\"plot-line plot-line-{}\">", shape + 1);
        let mut segment = |class: &str, a: (&str, f64), b: (&str, f64)| {
            let _ = write!(
                svg,
                "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" \
                 y2=\"{}\"/>",
                a.0, a.1, b.0, b.1
            );
        };
        for pair in line.points.windows(2) {
            let (a, b) = (self.across(pair[0].x), self.across(pair[1].x));
            let from = self.down(pair[0].row.median);
            let to = self.down(pair[1].row.median);
            segment("plot-path", (&a, from), (&b, to));
        }
        for Point { x, row } in &line.points {
            let x = self.across(*x);
            let (least, most) = (self.down(row.min), self.down(row.max));
            segment("plot-whisker", (&x, least), (&x, most));
        }
        for Point { x, row } in &line.points {
            svg += &mark(shape, &self.across(*x), self.down(row.median));
        }
        svg + "</g>"
    }

    /// A line's name where it ends. Names that would cover each other are
    /// moved apart, and a thin line leads to them.
    fn labels(&self) -> String {
        let mut ends: Vec<(usize, &Line<'_>, f64)> = Vec::new();
        for (shape, line) in self.lines.iter().enumerate() {
            if let Some(last) = line.points.last() {
                ends.push((shape, line, self.down(last.row.median)));
            }
        }
        ends.sort_by(|a, b| a.2.total_cmp(&b.2));
        let wanted: Vec<f64> = ends.iter().map(|end| end.2).collect();
        let places = apart(&wanted, LINE, self.height);
        let mut svg = String::new();
        for ((shape, line, y), place) in ends.iter().zip(places) {
            let Some(last) = line.points.last() else {
                continue;
            };
            let x = self.across(last.x);
            let mut name = line.peer.to_owned();
            if name.chars().count() > LABEL {
                name = name.chars().take(LABEL - 1).collect::<String>() + "…";
            }
            let _ = write!(
                svg,
                "<svg class=\"plot-at plot-end plot-line-{}\" x=\"{x}\" \
                 y=\"{place}\"><path class=\"plot-lead\" d=\"M6 {} L14 0\"/>\
                 <text x=\"17\" y=\"4\">{}</text></svg>",
                shape + 1,
                y - place,
                escape(&name)
            );
        }
        svg
    }
}

/// One of the shapes that tell the lines apart.
pub(crate) fn mark(shape: usize, x: &str, y: f64) -> String {
    format!(
        "<svg class=\"plot-at\" x=\"{x}\" y=\"{y}\"><path class=\"plot-mark\" \
         d=\"{}\"/></svg>",
        path(shape)
    )
}

/// Its outline around the point 0, 0.
pub(crate) fn path(shape: usize) -> &'static str {
    let paths = [
        "M-4 0 a4 4 0 1 0 8 0 a4 4 0 1 0 -8 0 z",
        "M-4 -4 h8 v8 h-8 z",
        "M0 -5 l5 9 h-10 z",
        "M0 -5.5 l5.5 5.5 l-5.5 5.5 l-5.5 -5.5 z",
        "M0 5 l5 -9 h-10 z",
        "M-4 -4 l8 8 m0 -8 l-8 8",
    ];
    paths[shape % paths.len()]
}

/// The nearest places that are so far apart, sorted as `wanted` is.
fn apart(wanted: &[f64], distance: f64, end: f64) -> Vec<f64> {
    let mut places = wanted.to_vec();
    for index in 1..places.len() {
        places[index] = places[index].max(places[index - 1] + distance);
    }
    // What was pushed out at the end goes back, and takes others along.
    let mut most = end - 4.0;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - distance;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'a>(peer: &'a str, case: &'a str, median: f64) -> Measurement<'a> {
        Measurement {
            peer,
            case,
            median,
            min: median * 0.9,
            max: median * 1.1,
        }
    }

    #[track_caller]
    fn html(cases: &str, rows: &[Measurement<'_>]) -> String {
        Plot::new("wait", "ns", cases, rows).expect("lines").html()
    }

    #[test]
    fn a_peer_is_a_line_that_may_end_earlier() {
        let rows = [
            row("ours", "10", 100.0),
            row("<mio>", "10", 110.0),
            row("ours", "1,000", 1000.0),
            row("<mio>", "1,000", 1100.0),
            row("ours", "100,000", 90_000.0),
        ];
        let html = html("tasks & timers", &rows);
        assert!(!html.contains('\n'), "one line is one HTML block");
        assert_eq!(html.matches("class=\"plot-path\"").count(), 3);
        assert_eq!(html.matches("class=\"plot-whisker\"").count(), 5);
        assert_eq!(html.matches("class=\"plot-mark\"").count(), 5);
        // The second line ends in the middle, and its name with it.
        assert!(html.contains("plot-end plot-line-2\" x=\"50%\""), "{html}");
        assert!(html.contains("&lt;mio&gt;</text>"), "{html}");
        assert!(html.contains("tasks &amp; timers, logarithmic"), "{html}");
        assert!(
            html.contains(
                "ours: 100 at 10, 1,000 at 1,000, 90,000 at 100,000."
            ),
            "{html}"
        );
    }

    #[test]
    fn a_title_says_no_unit_that_the_ticks_do_not_have() {
        let title = |unit: &str, most: f64| {
            let rows = [row("a", "1", 100.0), row("a", "9", most)];
            let html = Plot::new("wait", unit, "tasks", &rows).unwrap().html();
            let (_, rest) = html.split_once("<figcaption>").unwrap();
            rest.split_once('<').unwrap().0.to_owned()
        };
        assert_eq!(title("ns", 200.0), "wait (time)");
        assert_eq!(title("ns", 1e6), "wait (time, logarithmic)");
        assert_eq!(title("bytes", 200.0), "wait (bytes)");
        assert_eq!(title("bytes", 1e6), "wait (bytes, logarithmic)");
        assert_eq!(title("count", 200.0), "wait");
        assert_eq!(title("count", 1e6), "wait (logarithmic)");
    }

    #[test]
    fn labels_that_a_phone_has_no_room_for_are_marked() {
        let cases = ["10", "100", "1000", "10,000", "100,000", "1,000,000"];
        let few: Vec<_> = cases[..3].iter().map(|c| row("a", c, 1.0)).collect();
        let few = html("tasks", &few);
        assert!(!few.contains("plot-wide"), "{few}");
        let long = "a long, long name";
        let many: Vec<_> = cases.iter().map(|c| row(long, c, 1.0)).collect();
        let many = html("tasks", &many);
        assert!(many.contains("plot-wide"), "{many}");
        assert!(many.contains(">a long, long …</text>"), "{many}");
    }

    #[test]
    fn ours_comes_first_and_the_others_stay_in_their_order() {
        let rows: Vec<_> = ["mio", "polling", "ours"]
            .iter()
            .flat_map(|p| [row(p, "1", 1.0), row(p, "9", 2.0)])
            .collect();
        let plot = Plot::new("wait", "ns", "", &rows).unwrap();
        let peers: Vec<&str> = plot.lines.iter().map(|l| l.peer).collect();
        assert_eq!(peers, ["ours", "mio", "polling"]);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let peers = ["a", "b", "c", "d", "e", "f", "g"];
        for (rows, says) in [
            (vec![row("ours", "10 / 1", 1.0)], "\"10 / 1\" is no number"),
            (vec![row("ours", "0", 1.0)], "\"0\" is no number above zero"),
            (vec![row("ours", "10", 1.0)], "a line needs two cases"),
            (vec![row("ours", "10", 0.0)], "above zero"),
            (
                peers.iter().map(|peer| row(peer, "10", 1.0)).collect(),
                "7 peers; at most 6",
            ),
        ] {
            let error = Plot::new("wait", "ns", "", &rows).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn labels_move_apart_and_stay_inside() {
        assert_eq!(apart(&[10.0, 50.0], 15.0, 280.0), [10.0, 50.0]);
        assert_eq!(apart(&[10.0, 12.0], 15.0, 280.0), [10.0, 25.0]);
        assert_eq!(apart(&[270.0, 272.0], 15.0, 280.0), [261.0, 276.0]);
    }
}
