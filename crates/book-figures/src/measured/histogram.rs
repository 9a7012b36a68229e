//! A histogram: a row of bars for each series, one below the other, with the
//! same scales, and marks at the median, at p99, and at the most.
//!
//! As in a plot, everything across is in per cent, so that letters have the
//! same size on every screen.

use std::fmt::Write as _;

use super::figure::Measured;
use super::recording::{Row, start_of};
use crate::plot::scale::{Scale, tick, touching, worded};
use crate::plot::{mark, path};
use crate::text::{attribute, escape, inline, percent, plain, thousands};

/// The height of a row's field, in pixels.
const HEIGHT: f64 = 84.0;
/// What the least bar is high, so that it can be seen.
const LEAST: f64 = 2.0;
/// How many letters a phone has room for below the field.
const PHONE: f64 = 33.0;

/// A value of a row that is marked.
struct Mark {
    name: &'static str,
    /// One of the shapes of plots.
    shape: usize,
    /// How far down it stands, so that marks at the same value do not cover
    /// each other.
    y: f64,
    of: fn(&Row) -> f64,
}

const MARKS: [Mark; 3] = [
    Mark {
        name: "median",
        shape: 0,
        y: 10.0,
        of: |row| row.median,
    },
    Mark {
        name: "p99",
        shape: 3,
        y: 24.0,
        of: |row| row.p99,
    },
    Mark {
        name: "max",
        shape: 1,
        y: 38.0,
        of: |row| row.max,
    },
];

impl Measured {
    pub(super) fn histogram(&self) -> String {
        let Some(across) = self.across() else {
            return String::new();
        };
        let bars = self.recording.rows.iter().flat_map(|row| row.bars.values());
        let most = bars.copied().max().unwrap_or(1);
        let counts = Scale {
            log: false,
            low: 0.0,
            high: most as f64,
        };
        let definition = &self.definition;
        let mut html = format!(
            "<div class=\"fig-rows\" role=\"group\" aria-label=\"{}\">\
             <p class=\"fig-counts\">{} in a bar</p>",
            attribute(&plain(&definition.alt)),
            inline(&definition.counts),
        );
        for series in &definition.series {
            for row in self.recording.rows_of(&series.id) {
                let _ = write!(
                    html,
                    "<div class=\"fig-row-of\"><p><strong>{}</strong>{}</p>{}\
                     </div>",
                    inline(&series.label),
                    statistics(row, &definition.unit),
                    self.row(&plain(&series.label), row, &across, counts),
                );
            }
        }
        html += &below(&across, &definition.unit);
        let _ = write!(
            html,
            "<p class=\"plot-cases\">{}, logarithmic</p></div>",
            inline(&definition.across)
        );
        html
    }

    /// From the beginning of the first bar to the end of the last.
    fn across(&self) -> Option<Scale> {
        let bars = || self.recording.rows.iter().flat_map(|r| r.bars.keys());
        let (first, last) = (bars().min()?, bars().max()?);
        Some(Scale {
            log: true,
            low: start_of(*first),
            high: start_of(last + 1),
        })
    }

    fn row(
        &self,
        label: &str,
        row: &Row,
        across: &Scale,
        counts: Scale,
    ) -> String {
        let mut svg = format!("<svg width=\"100%\" height=\"{HEIGHT}\">");
        for value in across.ticks() {
            let x = place(across, value);
            let _ = write!(
                svg,
                "<line class=\"plot-grid\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" \
                 y2=\"{HEIGHT}\"/>"
            );
        }
        let full = HEIGHT - 6.0;
        let height = |count: f64| (counts.part(count) * full).max(LEAST);
        if let Some(most) = counts.ticks().last() {
            let y = (HEIGHT - height(*most)).round();
            let _ = write!(
                svg,
                "<line class=\"plot-grid\" x1=\"0%\" x2=\"100%\" y1=\"{y}\" \
                 y2=\"{y}\"/><text class=\"plot-left\" x=\"-6\" y=\"{}\">{}\
                 </text>",
                y + 4.0,
                tick(*most, "")
            );
        }
        let _ = write!(
            svg,
            "<line class=\"fig-floor\" x1=\"0%\" x2=\"100%\" y1=\"{HEIGHT}\" \
             y2=\"{HEIGHT}\"/><g class=\"fig-hides\" role=\"img\" \
             aria-label=\"{}\">",
            attribute(&self.words(label, row))
        );
        for (bar, count) in &row.bars {
            let (start, end) = (start_of(*bar), start_of(bar + 1));
            let width = (across.part(end) - across.part(start)) * 100.0;
            let high = height(*count as f64);
            let _ = write!(
                svg,
                "<rect class=\"fig-bar\" x=\"{}\" width=\"{}\" y=\"{:.1}\" \
                 height=\"{high:.1}\"/>",
                place(across, start),
                percent(width),
                HEIGHT - high,
            );
        }
        for Mark { shape, y, of, .. } in MARKS {
            let x = place(across, of(row));
            let _ = write!(
                svg,
                "<line class=\"fig-marks\" x1=\"{x}\" x2=\"{x}\" y1=\"{y}\" \
                 y2=\"{HEIGHT}\"/>{}",
                mark(shape, &x, y)
            );
        }
        svg + "</g></svg>"
    }

    /// A row in words, for who does not see it.
    fn words(&self, label: &str, row: &Row) -> String {
        let unit = &self.definition.unit;
        format!(
            "{label}: {} {}, the least {}, the median {}, 99 of 100 up to {}, \
             the most {}.",
            thousands(row.count as u64),
            plain(&self.definition.counts),
            worded(row.min, unit),
            worded(row.median, unit),
            worded(row.p99, unit),
            worded(row.max, unit),
        )
    }
}

/// What is marked, in numbers, beside the row's name: they also tell what the
/// marks mean.
fn statistics(row: &Row, unit: &str) -> String {
    let mut html = "<span class=\"fig-hides\">".to_owned();
    for Mark {
        name, shape, of, ..
    } in MARKS
    {
        let _ = write!(
            html,
            " <span class=\"fig-statistic\"><svg width=\"12\" height=\"12\" \
             viewBox=\"-6 -6 12 12\" aria-hidden=\"true\"><path \
             class=\"plot-mark\" d=\"{}\"/></svg> {name} {}</span>",
            path(shape),
            escape(&worded(of(row), unit))
        );
    }
    html + "</span>"
}

/// The numbers below the last row.
fn below(across: &Scale, unit: &str) -> String {
    let words = |value: f64| (across.part(value), tick(value, unit));
    let words: Vec<_> = across.ticks().into_iter().map(words).collect();
    let mut svg = "<svg width=\"100%\" height=\"20\">".to_owned();
    for ((part, words), touches) in words.iter().zip(touching(&words, PHONE)) {
        let class = if touches { " plot-wide" } else { "" };
        let _ = write!(
            svg,
            "<text class=\"plot-below{class}\" x=\"{}\" y=\"15\">{}</text>",
            percent(part * 100.0),
            escape(words)
        );
    }
    svg + "</svg>"
}

fn place(across: &Scale, value: f64) -> String {
    percent(across.part(value) * 100.0)
}

#[cfg(test)]
mod tests {
    use crate::measured::tests::figure;

    #[test]
    fn each_series_has_a_row_with_all_of_its_bars_and_its_marks() {
        let figure = figure("queue");
        let html = figure.histogram();
        let rows = &figure.recording.rows;
        let bars: usize = rows.iter().map(|row| row.bars.len()).sum();
        assert_eq!(html.matches("class=\"fig-bar\"").count(), bars);
        assert_eq!(html.matches("class=\"fig-marks\"").count(), 6);
        assert_eq!(html.matches("class=\"fig-statistic\"").count(), 6);
        assert!(html.contains("One queue: 8 customers"), "{html}");
        assert!(html.contains("median 50.0 µs</span>"), "{html}");
    }

    #[test]
    fn rows_share_their_scales() {
        let figure = figure("queue");
        let html = figure.histogram();
        // The first bar of all is the second row's: it begins at the left.
        assert_eq!(html.matches("class=\"fig-bar\" x=\"0%\"").count(), 1);
        // Two customers in one bar are the most of all bars.
        let (_, first) = html.split_once("One queue").unwrap();
        let (first, second) = first.split_once("Two queues").unwrap();
        assert!(!first.contains("height=\"78.0\""), "{first}");
        assert!(second.contains("height=\"78.0\""), "{second}");
    }
}
