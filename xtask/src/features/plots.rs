//! `{{#plot CHAPTER GROUP | CASES}}`: a group of measurements as lines, made from
//! what `cargo xtask bench` has stored. After the `|` stands what the cases
//! count: the name of the axis.
//!
//! A case is a number; across, the scale is logarithmic, and so it is upwards
//! where the values differ much. Across, everything is placed in per cent, so
//! that letters have the same size on every screen: the labels stand in
//! margins which the style sheet leaves free. A line is told by the words at
//! its end and by the shape of its marks, not by its colour.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};

use super::benchmarks::{self, Group};
use super::{Edits, Feature, Site, directives, escape};
use crate::bench::Row;
use crate::figure::draw::attribute;
use crate::page::Page;

pub const FEATURE: Feature = Feature { edit };

/// The height of the field that has the lines, in pixels.
const HEIGHT: f64 = 280.0;
/// So much of the width is left free on either side, in per cent.
const INSET: f64 = 4.0;
/// The least distance of two labels, in pixels.
const LINE: f64 = 15.0;
/// The width of the field on the narrowest phone, without names beside it.
const PHONE: f64 = 240.0;
/// A letter's width.
const LETTER: f64 = 7.4;
/// A scale is logarithmic if its ends differ by this factor.
const WIDE: f64 = 20.0;
/// More lines than shapes could not be told apart.
const MOST: usize = 6;
/// How many characters of a label fit beside the field.
const LABEL: usize = 14;

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    for found in directives(page) {
        if found.directive.name != "plot" {
            continue;
        }
        match plot(site, found.directive.argument) {
            Ok(html) => edits.replace(found.range, html),
            Err(error) => {
                edits.problem(page, found.line, format!("{error:#}"));
            }
        }
    }
    Ok(())
}

fn plot(site: &Site<'_>, argument: &str) -> Result<String> {
    let usage = "write {{#plot CHAPTER GROUP | WHAT THE CASES COUNT}}";
    let (what, cases) = argument.split_once('|').context(usage)?;
    let (chapter, name) =
        what.trim().split_once(char::is_whitespace).context(usage)?;
    let cases = cases.trim();
    ensure!(!cases.is_empty(), usage);
    let group = Group::load(site.project, chapter, name.trim())?;
    let drawn = Plot::new(&group, cases)?.html();
    // The table is markdown, which needs blank lines around it in HTML.
    let (remark, of_table) = group.remarks_of_lines();
    Ok(format!(
        "{drawn}\n<details class=\"plot-table\"><summary>The numbers as a \
         table</summary>\n\n{}\n{of_table}\n</details>\n\n{remark}",
        group.table(),
    ))
}

/// A measurement of a line.
#[derive(Debug)]
struct Point<'a> {
    x: f64,
    row: &'a Row,
}

/// The measurements of a peer.
#[derive(Debug)]
struct Line<'a> {
    peer: &'a str,
    points: Vec<Point<'a>>,
}

#[derive(Debug)]
struct Plot<'a> {
    name: &'a str,
    unit: &'a str,
    /// What the cases count.
    cases: &'a str,
    lines: Vec<Line<'a>>,
    x: Scale,
    y: Scale,
}

impl<'a> Plot<'a> {
    fn new(group: &'a Group, cases: &'a str) -> Result<Plot<'a>> {
        let mut lines = Vec::new();
        for peer in group.peers() {
            let mut points = Vec::new();
            for row in group.rows.iter().filter(|row| row.peer == peer) {
                ensure!(
                    row.min > 0.0
                        && row.min <= row.median
                        && row.median <= row.max,
                    "{:?} of {peer}: not {} <= {} <= {}, above zero",
                    row.case,
                    row.min,
                    row.median,
                    row.max
                );
                let x = number(&row.case)?;
                points.push(Point { x, row });
            }
            points.sort_by(|a, b| a.x.total_cmp(&b.x));
            lines.push(Line { peer, points });
        }
        // What this book has made has the first shape, and the accent.
        lines.sort_by_key(|line| line.peer != "ours");
        ensure!(
            lines.len() <= MOST,
            "{} peers; at most {MOST} lines can be told apart",
            lines.len()
        );
        let points = || lines.iter().flat_map(|line| &line.points);
        let x = Scale::logarithmic(points().map(|point| point.x));
        ensure!(
            x.low < x.high,
            "a line needs two cases; the group {:?} has one: {{{{#bench …}}}} \
             shows it",
            group.name
        );
        let ends = points().flat_map(|point| [point.row.min, point.row.max]);
        Ok(Plot {
            name: &group.name,
            unit: &group.unit,
            cases,
            x,
            y: Scale::of_values(ends),
            lines,
        })
    }

    /// All of it on one line: in markdown, HTML ends at a blank line.
    fn html(&self) -> String {
        let names = self.names();
        // A tick of a time has its own unit, which may differ from the others'.
        let unit = if is_time(self.unit) {
            "time"
        } else {
            self.unit
        };
        let how = if self.y.log { ", logarithmic" } else { "" };
        let title = format!("{} ({}{how})", escape(self.name), escape(unit));
        let below = format!("{}, logarithmic", escape(self.cases));
        let mut svg = format!(
            "<figure class=\"plot\"><figcaption>{title}</figcaption>\
             <div class=\"plot-field\" style=\"--names: {names}\"><svg width=\"100%\" height=\"{}\" \
             role=\"img\" aria-label=\"{}\">",
            HEIGHT + 26.0,
            attribute(&self.words())
        );
        svg += &self.grid();
        for (shape, line) in self.lines.iter().enumerate() {
            svg += &self.line(shape, line);
        }
        svg += &self.labels();
        svg + "</svg><p class=\"plot-cases\">" + &below + "</p></div></figure>"
    }

    /// The letters of the longest name: so wide is the margin beside the
    /// field.
    fn names(&self) -> usize {
        let names = self.lines.iter().map(|line| line.peer.chars().count());
        names.max().unwrap_or(0).clamp(4, LABEL)
    }

    /// The numbers in words, for who does not see the lines.
    fn words(&self) -> String {
        let mut words = format!(
            "Lines of {}, in {}, by {}.",
            self.name, self.unit, self.cases
        );
        for line in &self.lines {
            let points: Vec<String> = line
                .points
                .iter()
                .map(|Point { row, .. }| {
                    format!(
                        "{} at {}",
                        benchmarks::thousands(row.median),
                        row.case
                    )
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
        ((1.0 - part) * (HEIGHT - 16.0) + 8.0).round()
    }

    fn grid(&self) -> String {
        let mut svg = format!(
            "<rect class=\"plot-box\" x=\"0\" y=\"0\" width=\"100%\" \
             height=\"{HEIGHT}\"/>"
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
        let phone = PHONE - self.names() as f64 * LETTER;
        let mut end = f64::NEG_INFINITY;
        for value in self.x.ticks() {
            let x = self.across(value);
            let words = tick(value, "");
            let half = words.chars().count() as f64 * LETTER / 2.0;
            let place = self.x.part(value) * phone;
            let class = if place - half >= end {
                end = place + half + LETTER;
                "plot-below"
            } else {
                "plot-below plot-wide"
            };
            let _ = write!(
                svg,
                "<line class=\"plot-grid\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" \
                 y2=\"{HEIGHT}\"/><text class=\"{class}\" x=\"{x}\" \
                 y=\"{}\">{words}</text>",
                HEIGHT + 18.0
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
        let places = apart(&wanted, LINE, HEIGHT);
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
fn mark(shape: usize, x: &str, y: f64) -> String {
    let path = [
        "M-4 0 a4 4 0 1 0 8 0 a4 4 0 1 0 -8 0 z",
        "M-4 -4 h8 v8 h-8 z",
        "M0 -5 l5 9 h-10 z",
        "M0 -5.5 l5.5 5.5 l-5.5 5.5 l-5.5 -5.5 z",
        "M0 5 l5 -9 h-10 z",
        "M-4 -4 l8 8 m0 -8 l-8 8",
    ];
    format!(
        "<svg class=\"plot-at\" x=\"{x}\" y=\"{y}\"><path class=\"plot-mark\" \
         d=\"{}\"/></svg>",
        path[shape % path.len()]
    )
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

/// From a value to its part of the length, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    log: bool,
    low: f64,
    high: f64,
}

impl Scale {
    fn logarithmic(values: impl Iterator<Item = f64>) -> Scale {
        let (low, high) = ends(values);
        Scale {
            log: true,
            low,
            high,
        }
    }

    /// Logarithmic if the values differ much, else from zero.
    fn of_values(values: impl Iterator<Item = f64>) -> Scale {
        let (low, high) = ends(values);
        if high / low >= WIDE {
            return Scale {
                log: true,
                low,
                high,
            };
        }
        Scale {
            log: false,
            low: 0.0,
            high,
        }
    }

    fn part(&self, value: f64) -> f64 {
        if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// Round values, neither so few that one must guess nor so many that they
    /// touch each other.
    fn ticks(&self) -> Vec<f64> {
        let tens = |from: i32, to: i32| (from..=to).map(|e| 10_f64.powi(e));
        let inside = |value: &f64| {
            *value >= self.low * 0.999 && *value <= self.high * 1.001
        };
        if !self.log {
            let step = tens(-6, 15)
                .flat_map(|ten| [ten, 2.0 * ten, 5.0 * ten])
                .find(|step| self.high / step <= 6.0)
                .unwrap_or(self.high);
            let mut ticks = Vec::new();
            let mut value = 0.0;
            while value <= self.high {
                ticks.push(value);
                value += step;
            }
            return ticks;
        }
        // These are the exponents of numbers that a clock or a meter shows.
        let (from, to) = (
            self.low.log10().floor() as i32,
            self.high.log10().ceil() as i32,
        );
        let all: Vec<f64> = tens(from, to).filter(inside).collect();
        if all.len() > 7 {
            return all.into_iter().step_by(2).collect();
        }
        if all.len() > 2 {
            return all;
        }
        tens(from, to)
            .flat_map(|ten| [ten, 2.0 * ten, 5.0 * ten])
            .filter(inside)
            .collect()
    }
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, 0.0), |(low, high), value| {
        (low.min(value), f64::max(high, value))
    })
}

/// A case as a number: "100,000" is one.
fn number(case: &str) -> Result<f64> {
    let number: Option<f64> = case.replace(',', "").parse().ok();
    number
        .filter(|number| number.is_finite() && *number > 0.0)
        .with_context(|| {
            format!(
                "the case {case:?} is no number above zero: {{{{#bench …}}}} \
                 shows such a group"
            )
        })
}

/// The units of time, in nanoseconds.
const TIMES: [(&str, f64); 4] =
    [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];

fn is_time(unit: &str) -> bool {
    TIMES.iter().any(|(name, _)| *name == unit)
}

/// A tick's label: times in the unit in which they are short, counts with
/// commas, then with k, M and G.
fn tick(value: f64, unit: &str) -> String {
    let own = TIMES.iter().find(|(name, _)| *name == unit);
    if let Some((_, nanos)) = own.filter(|_| value > 0.0) {
        let all = value * nanos;
        let (name, size) = TIMES
            .iter()
            .rfind(|(_, size)| all >= size * 0.999)
            .unwrap_or(&TIMES[0]);
        return format!("{} {name}", short(all / size));
    }
    // A thousand is shorter with its comma.
    let sizes = [("G", 1e9, 1e9), ("M", 1e6, 1e6), ("k", 1e3, 1e4)];
    for (name, size, least) in sizes {
        if value >= least * 0.999 {
            return format!("{} {name}", short(value / size));
        }
    }
    short(value)
}

/// Without digits that a round number does not have.
fn short(value: f64) -> String {
    if value >= 1000.0 {
        benchmarks::thousands(value.round())
    } else {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

fn percent(value: f64) -> String {
    format!("{}%", (value * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(peer: &str, case: &str, median: f64) -> Row {
        Row {
            group: "wait".to_owned(),
            peer: peer.to_owned(),
            case: case.to_owned(),
            unit: "ns".to_owned(),
            median,
            min: median * 0.9,
            max: median * 1.1,
            rounds: 3,
            per_iteration: 1,
            instructions: None,
        }
    }

    fn group(rows: Vec<Row>) -> Group {
        Group {
            name: "wait".to_owned(),
            unit: "ns".to_owned(),
            rows,
            ..Group::default()
        }
    }

    #[test]
    fn a_peer_is_a_line_that_may_end_earlier() {
        let group = group(vec![
            row("ours", "10", 100.0),
            row("<mio>", "10", 110.0),
            row("ours", "1,000", 1000.0),
            row("<mio>", "1,000", 1100.0),
            row("ours", "100,000", 90_000.0),
        ]);
        let html = Plot::new(&group, "tasks & timers").unwrap().html();
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
            let mut rows = vec![row("a", "1", 100.0), row("a", "9", most)];
            for row in &mut rows {
                row.unit = unit.to_owned();
            }
            let group = Group {
                unit: unit.to_owned(),
                ..group(rows)
            };
            let html = Plot::new(&group, "tasks").unwrap().html();
            let (_, rest) = html.split_once("<figcaption>").unwrap();
            rest.split_once('<').unwrap().0.to_owned()
        };
        assert_eq!(title("ns", 200.0), "wait (time)");
        assert_eq!(title("ns", 1e6), "wait (time, logarithmic)");
        assert_eq!(title("bytes", 200.0), "wait (bytes)");
        assert_eq!(title("bytes", 1e6), "wait (bytes, logarithmic)");
    }

    #[test]
    fn small_numbers_are_explained_where_they_stand() {
        let mut rows = vec![row("a", "1", 100.0), row("a", "9", 100.0)];
        let (_, table) = group(rows.clone()).remarks_of_lines();
        assert_eq!(table, "");
        rows[0].instructions = Some(12.0);
        let group = group(rows);
        let (lines, table) = group.remarks_of_lines();
        assert!(!lines.contains("small numbers"), "{lines}");
        assert!(table.contains("small numbers"), "{table}");
        assert!(group.remark().contains("small numbers"));
    }

    #[test]
    fn labels_that_a_phone_has_no_room_for_are_marked() {
        let cases = ["10", "100", "1000", "10,000", "100,000", "1,000,000"];
        let few = group(cases[..3].iter().map(|c| row("a", c, 1.0)).collect());
        let html = Plot::new(&few, "tasks").unwrap().html();
        assert!(!html.contains("plot-wide"), "{html}");
        let many = group(
            cases
                .iter()
                .map(|c| row("a long, long name", c, 1.0))
                .collect(),
        );
        let html = Plot::new(&many, "tasks").unwrap().html();
        assert!(html.contains("plot-wide"), "{html}");
        assert!(html.contains(">a long, long …</text>"), "{html}");
    }

    #[test]
    fn ours_comes_first_and_the_others_stay_in_their_order() {
        let group = group(
            ["mio", "polling", "ours"]
                .iter()
                .flat_map(|p| [row(p, "1", 1.0), row(p, "9", 2.0)])
                .collect(),
        );
        let plot = Plot::new(&group, "").unwrap();
        let peers: Vec<&str> = plot.lines.iter().map(|l| l.peer).collect();
        assert_eq!(peers, ["ours", "mio", "polling"]);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        for (rows, says) in [
            (vec![row("ours", "10 / 1", 1.0)], "\"10 / 1\" is no number"),
            (vec![row("ours", "0", 1.0)], "\"0\" is no number above zero"),
            (vec![row("ours", "10", 1.0)], "a line needs two cases"),
            (vec![row("ours", "10", 0.0)], "above zero"),
            (
                (0..7).map(|n| row(&n.to_string(), "10", 1.0)).collect(),
                "7 peers; at most 6",
            ),
        ] {
            let error = Plot::new(&group(rows), "").unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_scale_is_logarithmic_where_values_differ_much() {
        let small = Scale::of_values([40.0, 100.0].into_iter());
        assert_eq!((small.log, small.low), (false, 0.0));
        assert_eq!(small.part(50.0), 0.5);
        assert_eq!(small.ticks(), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        let wide = Scale::of_values([1.0, 10_000.0].into_iter());
        assert!(wide.log);
        assert!((wide.part(100.0) - 0.5).abs() < 1e-9);
        assert_eq!(wide.ticks(), [1.0, 10.0, 100.0, 1000.0, 10_000.0]);
        let between = Scale::of_values([3.0, 70.0].into_iter());
        assert_eq!(between.ticks(), [5.0, 10.0, 20.0, 50.0]);
    }

    #[test]
    fn ticks_are_short() {
        for (value, unit, words) in [
            (100.0, "ns", "100 ns"),
            (1000.0, "ns", "1 µs"),
            (2e9, "ns", "2 s"),
            (0.5, "ms", "500 µs"),
            (0.0, "ns", "0"),
            (1000.0, "bytes", "1,000"),
            (100_000.0, "", "100 k"),
            (2e6, "bytes", "2 M"),
        ] {
            assert_eq!(tick(value, unit), words);
        }
    }

    #[test]
    fn labels_move_apart_and_stay_inside() {
        assert_eq!(apart(&[10.0, 50.0], 15.0, 280.0), [10.0, 50.0]);
        assert_eq!(apart(&[10.0, 12.0], 15.0, 280.0), [10.0, 25.0]);
        assert_eq!(apart(&[270.0, 272.0], 15.0, 280.0), [261.0, 276.0]);
    }
}
