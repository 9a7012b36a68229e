//! A figure as HTML, in two forms at once: a live and a still one. Everything
//! is drawn here: the script draws nothing.
//!
//! Each `id` begins with the figure's, because a print page may have all pages
//! in one.

mod data;
mod drawn;
mod live;
mod panel;
mod still;
mod strips;
mod tables;
mod values;

use std::fmt::Write as _;

use self::drawn::Drawn;
pub(crate) use self::live::gate;
pub(crate) use self::panel::{panel, panel_beside};
pub(crate) use self::still::{folded_answer, question};
use crate::definition::Picture;
use crate::figure::Figure;
use crate::text::{escape, inline};

impl Figure {
    /// The figure as it stands in a page. `recording` is the address of the
    /// recording's file, to which the figure links.
    ///
    /// All of it is on one line: in markdown, HTML ends at a blank line.
    ///
    /// # Errors
    /// When a step names a line that is not in the code beside it.
    pub fn html(&self, recording: &str) -> Result<String, String> {
        let Figure {
            name, definition, ..
        } = self;
        let drawn = Drawn::new(self);
        let class = match definition.picture {
            Picture::Sequence => "",
            Picture::Gantt => " class=\"fig-wider\"",
            Picture::Memory => " class=\"fig-places\"",
        };
        let mut html = format!(
            "<figure class=\"recorded\" id=\"figure-{name}\">\
             <figcaption>{}</figcaption><by-hand-figure{class}>",
            inline(&definition.title)
        );
        if drawn.is_drawn() {
            let note = inline(&definition.note);
            html += &format!("<p class=\"fig-by-hand\">{note}</p>");
        }
        html += &drawn.live()?;
        html += &drawn.still();
        html += &drawn.tables();
        html += &self.provenance(recording);
        let data = drawn.data()?.to_string();
        // Nothing in it may look like the end of the script.
        let data = data.replace('<', "\\u003c");
        let _ = write!(
            html,
            "<script type=\"application/json\">{data}</script>\
             </by-hand-figure></figure>"
        );
        Ok(html.replace('\n', " "))
    }

    fn provenance(&self, address: &str) -> String {
        let recording = &self.recording;
        // What is drawn says so above its picture.
        let Some(recorded) = &recording.recorded else {
            return String::new();
        };
        let by = match &recording.watched_by {
            Some(tool) => format!(" with {}", escape(tool)),
            None => String::new(),
        };
        let note = &self.definition.note;
        let note = if note.is_empty() {
            String::new()
        } else {
            format!(" {}", inline(note))
        };
        format!(
            "<p class=\"fig-how\"><a href=\"{}\">Recorded</a> by \
             <code>{}</code>{by}: {}{note}</p>",
            address,
            escape(&recorded.command),
            escape(&recorded.sentence()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    use crate::code::Part;
    use crate::tests::{PROBE_JSON, WORKSHOP_JSON, probe, workshop};

    fn figure() -> Figure {
        let line = |n: usize, text: &str| (n, text.to_owned());
        let part = || {
            let call = line(8, "    write(b\"ab\") < 2;");
            vec![Part::new("probe.rs", [line(7, "fn probe() {"), call])]
        };
        let recording = ("p.json", PROBE_JSON);
        Figure::recorded("probe", probe(), recording, vec![part(), part()])
            .expect("a valid fixture")
    }

    #[test]
    fn it_is_one_html_block_and_its_data_is_json() {
        let html = figure().html("../figures/probe.json").unwrap();
        assert!(!html.contains('\n'));
        let (_, data) = html.split_once("application/json\">").unwrap();
        let (data, _) = data.split_once("</script>").unwrap();
        assert!(!data.contains('<'), "{data}");
        let data: Json = serde_json::from_str(data).unwrap();
        let step = &data["runs"][0]["steps"][0];
        assert_eq!(step["line"], 1);
        assert_eq!(step["say"], "Two bytes go into the pipe.");
        let cells = step["state"]["unread"].as_str().unwrap();
        assert_eq!(cells.matches("fig-full").count(), 2);
        assert_eq!(data["runs"][1]["right"], 2);
    }

    #[test]
    fn the_still_form_has_the_question_frames_and_every_event() {
        let figure = figure();
        let drawn = Drawn::new(&figure);
        let html = drawn.still() + &drawn.tables();
        assert_eq!(html.matches("<em>Predict:</em>").count(), 2);
        // The marked one, and the last of the run that marks none.
        assert_eq!(html.matches("class=\"fig-frame\"").count(), 2);
        assert!(html.contains("aria-label=\"Before the first step."));
        assert_eq!(html.matches("<tr id=").count(), 3);
        assert!(html.contains("<strong>No.</strong> Nothing has arrived"));
        assert!(html.contains("2 times in 7 µs"), "{html}");
    }

    #[test]
    fn controls_count_to_a_run_and_print_has_some() {
        let recording = ("w.json", WORKSHOP_JSON);
        let code = vec![Vec::new(); 4];
        let figure =
            Figure::recorded("workshop", workshop(), recording, code).unwrap();
        let html = figure.html("../figures/workshop.json").unwrap();
        assert_eq!(html.matches("type=\"range\"").count(), 1);
        assert_eq!(html.matches("type=\"radio\"").count(), 2);
        // Of four runs one is shown, and two are for print.
        assert_eq!(html.matches("class=\"fig-run fig-asking\"").count(), 4);
        // And the strips are a group, too.
        assert_eq!(html.matches("role=\"group\"").count(), 5);
        assert_eq!(html.matches("\" hidden>").count(), 3);
        assert_eq!(html.matches("class=\"fig-still-run\"").count(), 2);
        assert_eq!(html.matches("<em>Predict:</em>").count(), 1);
        for run in ["wait-1", "wait-2", "switch-1", "switch-2"] {
            let own = format!(" id=\"figure-workshop.{run}\"");
            assert_eq!(html.matches(&own).count(), 1, "{run}");
        }
        let data = Drawn::new(&figure).data().unwrap();
        assert_eq!(data["controls"], json!([2, 2]));
        assert_eq!(data["runs"][0]["steps"][1]["time"], 2);
        let say = data["runs"][0]["steps"][1]["say"].as_str().unwrap();
        assert!(
            say.starts_with("<span class=\"fig-when\">2 s</span>"),
            "{say}"
        );
    }

    #[test]
    fn each_run_and_each_step_has_an_address_that_begins_with_the_figures() {
        let html = figure().html("../figures/probe.json").unwrap();
        assert!(
            html.contains("<figure class=\"recorded\" id=\"figure-probe\"")
        );
        assert!(html.contains("<table id=\"figure-probe.edge\">"), "{html}");
        assert!(html.contains("<tr id=\"figure-probe.level.2\">"), "{html}");
        let own = html.matches(" id=\"figure-probe").count();
        assert_eq!(html.matches(" id=").count(), own);
    }

    #[test]
    fn the_question_is_the_legend_and_the_verdict_has_its_step() {
        let mut figure = figure();
        let data = |figure: &Figure| Drawn::new(figure).data().unwrap();
        assert_eq!(data(&figure)["runs"][0]["decided"], 2);
        figure.definition.run[0].predict.decided = Some(1);
        assert_eq!(data(&figure)["runs"][0]["decided"], 1);
        let html = figure.html("../figures/probe.json").unwrap();
        assert!(html.contains("<legend>One byte of two was read."), "{html}");
        figure.definition.run[0].predict.decided = Some(3);
        let error = figure.html("../figures/probe.json").unwrap_err();
        assert!(error.contains("the number of a step, 1 to 2"), "{error}");
    }
}
