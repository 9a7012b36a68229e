//! Measurements as HTML. The axes are there from the beginning; the numbers
//! come when the reader has predicted them. Without JavaScript and on paper the
//! question stands above the numbers and its answer below.

use std::fmt::Write as _;

use serde_json::json;

use super::figure::Measured;
use crate::html::{folded_answer, gate, question};
use crate::plot::{Measurement, Plot};
use crate::text::{attribute, escape, inline, plain};

/// The height of a panel, in pixels: several fit on a screen.
const PANEL: f64 = 170.0;

impl Measured {
    /// The figure as it stands in a page. `recording` is the address of the
    /// recording's file, to which the figure links.
    ///
    /// All of it is on one line: in markdown, HTML ends at a blank line.
    ///
    /// # Errors
    /// When the measurements cannot be drawn as lines: a case is no number, or
    /// there is only one.
    pub fn html(&self, recording: &str) -> Result<String, String> {
        let definition = &self.definition;
        let predict = &definition.predict;
        let picture = if definition.is_histogram() {
            self.histogram()
        } else {
            self.lines()?
        };
        let choices: Vec<String> =
            predict.choices.iter().map(|c| inline(c)).collect();
        let data = json!({
            "choices": choices,
            "right": predict.right,
            "why": inline(&predict.why),
        });
        // Nothing in it may look like the end of the script.
        let data = data.to_string().replace('<', "\\u003c");
        let html = format!(
            "<figure class=\"recorded\" id=\"figure-{}\">\
             <figcaption>{}</figcaption><by-hand-measured class=\"fig-asking\">\
             <div class=\"fig-live\">{}</div>\
             <div class=\"fig-still\">{}</div>\
             <div class=\"fig-measured\">{picture}{}</div>\
             <div class=\"fig-still\">{}</div>{}\
             <script type=\"application/json\">{data}</script>\
             </by-hand-measured></figure>",
            self.name,
            inline(&definition.title),
            gate(predict),
            question(predict),
            self.tables(),
            folded_answer(predict),
            self.provenance(recording),
        );
        Ok(html.replace('\n', " "))
    }

    /// A plot for each panel.
    fn lines(&self) -> Result<String, String> {
        let definition = &self.definition;
        let mut html = format!(
            "<div class=\"fig-panels\" role=\"group\" aria-label=\"{}\">",
            attribute(&plain(&definition.alt))
        );
        for panel in &definition.panel {
            let mut rows = Vec::new();
            for series in definition.series_of(panel) {
                let label = &series.label;
                let measured = self.recording.rows_of(&series.id);
                rows.extend(measured.map(|row| Measurement {
                    peer: label,
                    case: row.case.as_deref().unwrap_or_default(),
                    min: row.min,
                    median: row.median,
                    max: row.max,
                }));
            }
            let across = &definition.across;
            let plot = Plot::new(&panel.label, &panel.unit, across, &rows);
            html += &plot?.high(PANEL).html();
        }
        Ok(html + "</div>")
    }

    fn provenance(&self, address: &str) -> String {
        let recorded = &self.recording.recorded;
        let mut html = format!(
            "<p class=\"fig-how\"><a href=\"{address}\">Measured</a> by \
             <code>{}</code>, that is <code>{}</code>: {}",
            escape(&recorded.command),
            escape(&self.recording.command),
            escape(&recorded.sentence()),
        );
        if !self.definition.note.is_empty() {
            let _ = write!(html, " {}", inline(&self.definition.note));
        }
        html + "</p>"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use crate::measured::tests::figure;

    #[test]
    fn it_is_one_html_block_and_its_data_answers_the_question() {
        for name in ["queue", "loaf"] {
            let html = figure(name).html("../figures/f.json").unwrap();
            assert!(!html.contains('\n'));
            let (_, data) = html.split_once("application/json\">").unwrap();
            let (data, _) = data.split_once("</script>").unwrap();
            assert!(!data.contains('<'), "{data}");
            let data: Json = serde_json::from_str(data).unwrap();
            assert_eq!(data["right"], 2);
            assert_eq!(data["choices"].as_array().unwrap().len(), 3);
            assert!(html.contains("<em>Predict:</em>"), "{html}");
            assert!(html.contains("href=\"../figures/f.json\""), "{html}");
            assert!(html.contains("2 cores, Linux 6.18"), "{html}");
        }
    }

    #[test]
    fn lines_have_a_plot_for_each_panel() {
        let html = figure("loaf").html("f.json").unwrap();
        assert_eq!(html.matches("<figure class=\"plot\">").count(), 2);
        assert!(html.contains("flour: 1.00 at 1, 2.00 at 10."), "{html}");
    }

    #[test]
    fn what_is_no_line_is_refused() {
        let mut loaf = figure("loaf");
        loaf.recording
            .rows
            .retain(|row| row.case.as_deref() == Some("1"));
        let error = loaf.html("f.json").unwrap_err();
        assert!(error.contains("a line needs two cases"), "{error}");
    }
}
