//! The numbers as tables: for paper, for screen readers, for who wants to know
//! exactly.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::definition::Panel;
use super::figure::Measured;
use super::recording::start_of;
use crate::plot::scale::{COUNT, worded};
use crate::text::{escape, inline, thousands};

impl Measured {
    pub(super) fn tables(&self) -> String {
        let tables = if self.definition.is_histogram() {
            self.statistics() + &self.bars()
        } else {
            let panels = self.definition.panel.iter();
            panels.map(|panel| self.cases(panel)).collect()
        };
        format!(
            "<details class=\"fig-table\"><summary>The numbers as a table\
             </summary>{tables}</details>"
        )
    }

    /// A row for each series.
    fn statistics(&self) -> String {
        let unit = &self.definition.unit;
        let mut rows = String::new();
        for series in &self.definition.series {
            for row in self.recording.rows_of(&series.id) {
                let all = [row.min, row.median, row.p99, row.max];
                let cells: Vec<String> = std::iter::once(row.count)
                    .map(|count| thousands(count as u64))
                    .chain(all.map(|value| worded(value, unit)))
                    .collect();
                rows += &line(&inline(&series.label), &cells);
            }
        }
        let heads = [&*self.definition.counts, "min", "median", "p99", "max"];
        let heads: Vec<String> = heads.iter().map(|h| inline(h)).collect();
        table(&inline(&self.definition.across), "", &heads, &rows)
    }

    /// A row for each bar that is in any of the series.
    fn bars(&self) -> String {
        let unit = &self.definition.unit;
        let all = self.recording.rows.iter();
        let all: BTreeSet<i32> =
            all.flat_map(|row| row.bars.keys().copied()).collect();
        let series = || self.definition.series.iter();
        let mut rows = String::new();
        for bar in all {
            let from = worded(start_of(bar), unit);
            let to = worded(start_of(bar + 1), unit);
            let count = |id: &str| -> usize {
                let rows = self.recording.rows_of(id);
                rows.filter_map(|row| row.bars.get(&bar)).sum()
            };
            let cells: Vec<String> = series()
                .map(|series| thousands(count(&series.id) as u64))
                .collect();
            rows += &line(&escape(&format!("{from} to {to}")), &cells);
        }
        let caption =
            format!("{} in each bar", inline(&self.definition.counts));
        let heads: Vec<String> = series().map(|s| inline(&s.label)).collect();
        table(&caption, &inline(&self.definition.across), &heads, &rows)
    }

    /// A row for each case of a panel.
    fn cases(&self, panel: &Panel) -> String {
        let series: Vec<_> = self.definition.series_of(panel).collect();
        let mut cases: Vec<&str> = Vec::new();
        for own in &series {
            for row in self.recording.rows_of(&own.id) {
                let case = row.case.as_deref().unwrap_or_default();
                if !cases.contains(&case) {
                    cases.push(case);
                }
            }
        }
        let cell = |id: &str, case: &str| {
            let row = self.recording.row(id, Some(case));
            row.map_or("–".to_owned(), |row| {
                let [min, median, max] = [row.min, row.median, row.max]
                    .map(|value| worded(value, &panel.unit));
                if min == max {
                    return median;
                }
                format!("{median} <small>{min} to {max}</small>")
            })
        };
        let mut rows = String::new();
        for case in cases {
            let cells: Vec<String> =
                series.iter().map(|own| cell(&own.id, case)).collect();
            rows += &line(&escape(case), &cells);
        }
        let rounds = self.recording.rows.iter().map(|row| row.count).min();
        let unit = match panel.unit.as_str() {
            COUNT => String::new(),
            unit => format!(" ({})", escape(unit)),
        };
        let caption = format!(
            "{}{unit}: the median of {} measurements, the least and the most",
            inline(&panel.label),
            rounds.unwrap_or(0)
        );
        let heads: Vec<String> =
            series.iter().map(|own| inline(&own.label)).collect();
        table(&caption, &inline(&self.definition.across), &heads, &rows)
    }
}

fn line(name: &str, cells: &[String]) -> String {
    let mut html = format!("<tr><th scope=\"row\">{name}</th>");
    for cell in cells {
        let _ = write!(html, "<td>{cell}</td>");
    }
    html + "</tr>"
}

fn table(caption: &str, corner: &str, heads: &[String], rows: &str) -> String {
    let corner = match corner {
        "" => "<td></td>".to_owned(),
        corner => format!("<th scope=\"col\">{corner}</th>"),
    };
    let heads: String = heads
        .iter()
        .map(|head| format!("<th scope=\"col\">{head}</th>"))
        .collect();
    format!(
        "<div class=\"table-wrapper\"><table class=\"fig-numbers\">\
         <caption>{caption}</caption><thead><tr>{corner}{heads}</tr></thead>\
         <tbody>{rows}</tbody></table></div>"
    )
}

#[cfg(test)]
mod tests {
    use crate::measured::tests::figure;

    #[test]
    fn a_histogram_has_its_statistics_and_its_bars() {
        let figure = figure("queue");
        let html = figure.tables();
        let cells = "<td>8</td><td>2.00 µs</td><td>50.0 µs</td>\
                     <td>800 µs</td><td>800 µs</td>";
        assert!(html.contains(cells), "{html}");
        let rows = html.matches("<th scope=\"row\">").count();
        assert!(rows > 8, "{rows}");
        assert!(html.contains("<td>1</td><td>2</td>"), "{html}");
    }

    #[test]
    fn lines_have_a_table_for_each_panel_and_say_how_far_rounds_differ() {
        let html = figure("loaf").tables();
        assert_eq!(html.matches("<table").count(), 2);
        assert!(html.contains("<small>1.00 g to 3.00 g</small>"), "{html}");
        assert!(html.contains("<td>–</td>"), "{html}");
        assert!(html.contains("the median of 3 measurements"), "{html}");
    }
}
