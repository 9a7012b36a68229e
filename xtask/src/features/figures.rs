//! `{{#figure NAME}}`: a recorded figure, in two forms at once.
//!
//! The still form is for paper and for readers without JavaScript: the
//! question, a few frames, and every event in a table. The live form is the
//! same pictures with each step in a group of its own; `theme/figure.js` shows
//! and hides them. Everything is drawn here: the script draws nothing.
//!
//! No element but the figure has an `id`, because the print page has all pages
//! in one.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::{Value as Json, json};

use super::{Edits, Feature, Site, directives, escape, inline};
use crate::figure::code::{self, Part};
use crate::figure::definition::{Predict, Run as Wanted, Show, State};
use crate::figure::draw::{Frame, attribute, letters, svg};
use crate::figure::schema::{Event, Run, Value};
use crate::figure::{Figure, folder};
use crate::page::Page;

pub const FEATURE: Feature = Feature { edit };

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    for found in directives(page) {
        if found.directive.name != "figure" {
            continue;
        }
        let html = Figure::load(site.project, found.directive.argument)
            .and_then(|figure| Drawn::new(site, page, &figure)?.html());
        match html {
            Ok(html) => edits.replace(found.range, html),
            Err(error) => {
                edits.problem(page, found.line, format!("{error:#}"));
            }
        }
    }
    Ok(())
}

/// A figure with the code that it shows, and where its page is.
struct Drawn<'a> {
    figure: &'a Figure,
    /// The parts of code of each run.
    code: Vec<Vec<Part>>,
    /// From the page to the recording.
    recording: String,
}

impl<'a> Drawn<'a> {
    fn new(
        site: &Site<'_>,
        page: &Page,
        figure: &'a Figure,
    ) -> Result<Drawn<'a>> {
        let code = figure
            .runs()
            .map(|(wanted, _)| code::parts(site.project, &wanted.code))
            .collect::<Result<_>>()?;
        let source = site.project.root.join(site.project.src());
        let inside = folder(site.project);
        let inside = inside.strip_prefix(&source)?.to_string_lossy();
        let depth = page.path.components().count()
            - site.project.src().components().count()
            - 1;
        Ok(Drawn {
            figure,
            code,
            recording: format!(
                "{}{inside}/{}.json",
                "../".repeat(depth),
                figure.name
            ),
        })
    }

    /// All of it on one line: in markdown, HTML ends at a blank line.
    fn html(&self) -> Result<String> {
        let Figure {
            name, definition, ..
        } = self.figure;
        let mut html = format!(
            "<figure class=\"recorded\" id=\"figure-{name}\">\
             <figcaption>{}</figcaption><by-hand-figure>",
            inline(&definition.title)
        );
        html += &self.live()?;
        html += &self.still();
        html += &self.tables();
        html += &self.provenance();
        let data = serde_json::to_string(&self.data()?)?;
        // Nothing in it may look like the end of the script.
        let data = data.replace('<', "\\u003c");
        let _ = write!(
            html,
            "<script type=\"application/json\">{data}</script>\
             </by-hand-figure></figure>"
        );
        Ok(html.replace('\n', " "))
    }

    // --- The live form ---

    fn live(&self) -> Result<String> {
        let mut html = "<div class=\"fig-live\">".to_owned();
        let runs: Vec<_> = self.figure.runs().collect();
        if runs.len() > 1 {
            html += "<fieldset class=\"fig-runs\"><legend>Run</legend>";
            for (index, (wanted, _)) in runs.iter().enumerate() {
                let checked = if index == 0 { " checked" } else { "" };
                let _ = write!(
                    html,
                    "<label><input type=\"radio\" name=\"figure-{}\" \
                     value=\"{index}\"{checked}><span>{}</span></label>",
                    self.figure.name,
                    inline(&wanted.label)
                );
            }
            html += "</fieldset>";
        }
        for (index, (wanted, run)) in runs.iter().enumerate() {
            html += &self.live_run(index, wanted, run)?;
        }
        Ok(html + "</div>")
    }

    fn live_run(
        &self,
        index: usize,
        wanted: &Wanted,
        run: &Run,
    ) -> Result<String> {
        let definition = &self.figure.definition;
        let label = format!("{}: {}", plain(&wanted.label), definition.alt);
        let picture = svg(definition, wanted, run, Frame::All, &label);
        Ok(format!(
            "<div class=\"fig-run fig-asking\" tabindex=\"0\" role=\"group\" \
             aria-label=\"Figure: {}\"{}>{}<div class=\"fig-say\">{}{}</div>\
             <p class=\"fig-verdict\" aria-live=\"polite\"></p>{}\
             <div class=\"fig-picture\">{picture}<p class=\"fig-hidden\">\
             The steps appear here.</p>{}</div>{}</div>",
            attribute(&plain(&wanted.label)),
            if index > 0 { " hidden" } else { "" },
            gate(&wanted.predict),
            controls(),
            caption(&run.events),
            self.states(wanted),
            legend(&run.events),
            self.code_panel(index, run)?,
        ))
    }

    /// The displayed values, as they are before the first step.
    fn states(&self, wanted: &Wanted) -> String {
        let mut rows = String::new();
        for state in self.figure.definition.states(&wanted.id) {
            let _ = write!(
                rows,
                "<div data-state=\"{}\"><dt>{}</dt><dd>{}</dd></div>",
                state.id,
                inline(&state.label),
                shown(state, &state.start)
            );
        }
        if rows.is_empty() {
            return rows;
        }
        format!("<dl class=\"fig-state\">{rows}</dl>")
    }

    /// The code, with the lines that some step executes told apart.
    fn code_panel(&self, index: usize, run: &Run) -> Result<String> {
        let parts = &self.code[index];
        let mut html = "<div class=\"fig-code\">".to_owned();
        let mut file = "";
        for part in parts {
            if part.file != file {
                let _ = write!(
                    html,
                    "<p class=\"fig-file\"><code>{}</code></p>",
                    escape(&part.file)
                );
                file = &part.file;
            }
            let first = part.lines.first().map_or(1, |(number, _)| *number);
            let _ = write!(html, "<ol start=\"{first}\">");
            for (number, line) in &part.lines {
                // As far as the line stands in, so far its continuation does.
                let indent = line.len() - line.trim_start().len();
                let _ = write!(
                    html,
                    "<li value=\"{number}\" style=\"--in: {indent}ch\">\
                     <code class=\"language-rust noplayground\">{}</code></li>",
                    escape(line.trim_start())
                );
            }
            html += "</ol>";
        }
        // Each step's line must be there; who reads the page sees it marked.
        for event in &run.events {
            self.line_of(index, event)?;
        }
        Ok(html + "</div>")
    }

    /// The number of a step's line among all that are shown, from 0.
    fn line_of(&self, index: usize, event: &Event) -> Result<Option<usize>> {
        let Some(source) = &event.source else {
            return Ok(None);
        };
        let parts = &self.code[index];
        let (part, line) = code::find(parts, &source.text)?;
        let before: usize = parts[..part].iter().map(|p| p.lines.len()).sum();
        Ok(Some(before + line))
    }

    /// What the script needs to know.
    fn data(&self) -> Result<Json> {
        let mut runs = Vec::new();
        for (index, (wanted, run)) in self.figure.runs().enumerate() {
            let mut steps = Vec::new();
            for event in &run.events {
                let states: serde_json::Map<String, Json> = self
                    .figure
                    .definition
                    .states(&wanted.id)
                    .filter_map(|state| {
                        let value = event.state.get(&state.id)?;
                        Some((state.id.clone(), shown(state, value).into()))
                    })
                    .collect();
                steps.push(json!({
                    "say": say(event),
                    "state": states,
                    "line": self.line_of(index, event)?,
                }));
            }
            runs.push(json!({
                "steps": steps,
                "right": wanted.predict.right,
                "choices": wanted.predict.choices.iter().map(|c| inline(c))
                    .collect::<Vec<_>>(),
                "why": inline(&wanted.predict.why),
            }));
        }
        Ok(json!({ "runs": runs }))
    }

    // --- The still form ---

    fn still(&self) -> String {
        let definition = &self.figure.definition;
        let mut html = format!("<div class=\"fig-still\">{}", self.first());
        for (wanted, run) in self.figure.runs() {
            let label = plain(&wanted.label);
            let mut frames = Vec::new();
            for event in key_events(&run.events) {
                let alt = format!("{label}, step {}: {}", event.step, spoken(event));
                let words = format!("Step {}. {}", event.step, say(event));
                frames.push((event.step, alt, words));
            }
            let _ = write!(
                html,
                "<div class=\"fig-still-run\"><p><strong>{}.</strong> \
                 <em>Predict:</em> {}</p>{}<div class=\"fig-frames\">",
                inline(&wanted.label),
                inline(&wanted.predict.ask),
                list(&wanted.predict.choices),
            );
            for (step, alt, words) in frames {
                let frame = Frame::Until(step);
                let picture = svg(definition, wanted, run, frame, &alt);
                let _ = write!(
                    html,
                    "<div class=\"fig-frame\">{picture}<p>{words}</p></div>"
                );
            }
            let _ = write!(
                html,
                "</div><details><summary>The answer</summary><p>{}</p>\
                 </details></div>",
                answer(&wanted.predict)
            );
        }
        html + "</div>"
    }

    /// The picture before the first step, and what its shapes mean.
    fn first(&self) -> String {
        let definition = &self.figure.definition;
        let events: Vec<Event> = self
            .figure
            .recording
            .runs
            .iter()
            .flat_map(|run| run.events.iter().cloned())
            .collect();
        let Some((wanted, run)) = self.figure.runs().next() else {
            return String::new();
        };
        let alt = format!("Before the first step. {}", definition.alt);
        format!(
            "<div class=\"fig-first\">{}{}</div>",
            svg(definition, wanted, run, Frame::Until(0), &alt),
            legend(&events)
        )
    }

    // --- What both have ---

    fn tables(&self) -> String {
        let count: usize =
            self.figure.runs().map(|(_, run)| run.events.len()).sum();
        let mut html = format!(
            "<details class=\"fig-table\"><summary>All {count} events as a \
             table</summary>"
        );
        for (wanted, run) in self.figure.runs() {
            html += &self.table(wanted, run);
        }
        html + "</details>"
    }

    fn table(&self, wanted: &Wanted, run: &Run) -> String {
        let states: Vec<&State> =
            self.figure.definition.states(&wanted.id).collect();
        let mut html = format!(
            "<div class=\"table-wrapper\"><table><caption>{}: \
             <code>{}</code></caption><thead><tr><th scope=\"col\">Step</th>\
             <th scope=\"col\">Who</th><th scope=\"col\">What happens</th>",
            inline(&wanted.label),
            escape(&run.command)
        );
        for state in &states {
            let _ = write!(
                html,
                "<th scope=\"col\">{}</th>",
                inline(&state.label)
            );
        }
        html += "<th scope=\"col\">Took</th></tr></thead><tbody>";
        for event in &run.events {
            html += &self.table_row(event, &states);
        }
        html + "</tbody></table></div>"
    }

    fn table_row(&self, event: &Event, states: &[&State]) -> String {
        let lane = self.figure.definition.column(&event.lane);
        let who = &self.figure.definition.lane[lane].label;
        let raw = match &event.raw {
            Some(raw) => {
                format!("<br><code class=\"fig-raw\">{}</code>", escape(raw))
            }
            None => String::new(),
        };
        let mut html = format!(
            "<tr><td>{}</td><td>{}</td><td>{}{raw}</td>",
            event.step,
            escape(who),
            say(event),
        );
        for state in states {
            let value = event.state.get(&state.id).map(Value::to_string);
            let value = value.unwrap_or_default();
            let text = if value.is_empty() { "nothing" } else { &value };
            let _ = write!(html, "<td>{}</td>", escape(text));
        }
        // Where the recorder's line is, the thing is done.
        let took = event.took_us.filter(|_| event.raw.is_some());
        let took = took.map(crate::figure::spoken).unwrap_or_default();
        let _ = write!(html, "<td>{took}</td></tr>");
        html
    }

    fn provenance(&self) -> String {
        let recording = &self.figure.recording;
        let by = match &recording.watched_by {
            Some(tool) => format!(" with {}", escape(tool)),
            None => String::new(),
        };
        let note = &self.figure.definition.note;
        let note = if note.is_empty() {
            String::new()
        } else {
            format!(" {}", inline(note))
        };
        format!(
            "<p class=\"fig-how\"><a href=\"{}\">Recorded</a> by \
             <code>{}</code>{by}: {}{note}</p>",
            self.recording,
            escape(&recording.recorded.command),
            escape(&recording.recorded.sentence()),
        )
    }
}

/// The question that comes before the steps.
fn gate(predict: &Predict) -> String {
    let mut html = format!(
        "<fieldset class=\"fig-gate\"><legend>Predict</legend><p>{}</p>",
        inline(&predict.ask)
    );
    for (index, choice) in predict.choices.iter().enumerate() {
        let _ = write!(
            html,
            "<button type=\"button\" data-choice=\"{}\">{}</button>",
            index + 1,
            inline(choice)
        );
    }
    html + "<button type=\"button\" class=\"fig-skip\" data-choice=\"0\">\
            Show me</button></fieldset>"
}

fn controls() -> String {
    let button = |go: &str, label: &str| {
        format!("<button type=\"button\" data-go=\"{go}\">{label}</button>")
    };
    format!(
        "<div class=\"fig-controls\">{}{}{}{}<span class=\"fig-keys\" \
         aria-hidden=\"true\">← →</span></div>",
        button("first", "First"),
        button("back", "Back"),
        button("next", "Next"),
        button("last", "Last"),
    )
}

/// The caption's place. The longest caption keeps it open, unseen, so that
/// nothing moves from one step to the next.
fn caption(events: &[Event]) -> String {
    let last = events.len();
    let longest = events.iter().map(say).max_by_key(String::len);
    format!(
        "<div class=\"fig-caption\"><p class=\"fig-longest\" \
         aria-hidden=\"true\"><strong>{last} of {last}</strong> {}</p>\
         <p class=\"fig-words\" aria-live=\"polite\"></p></div>\
         <p class=\"fig-now-line\" aria-hidden=\"true\"></p>",
        longest.unwrap_or_default()
    )
}

/// What the shapes mean, as far as the run has them.
fn legend(events: &[Event]) -> String {
    use crate::figure::schema::Kind;
    let has = |kind: Kind| events.iter().any(|event| event.kind == kind);
    let mut items = vec![("fig-key-runs", "runs")];
    if has(Kind::Sleep) {
        items.push(("fig-key-sleeps", "sleeps"));
    }
    if has(Kind::Call) {
        items.push(("fig-key-call", "calls"));
    }
    if has(Kind::Return) || events.iter().any(|e| e.answer.is_some()) {
        items.push(("fig-key-answer", "answers"));
    }
    if has(Kind::Wake) {
        items.push(("fig-key-wakes", "wakes"));
    }
    let items: String = items
        .iter()
        .map(|(class, word)| {
            format!("<li><span class=\"fig-key {class}\"></span>{word}</li>")
        })
        .collect();
    format!("<ul class=\"fig-legend\" aria-hidden=\"true\">{items}</ul>")
}

/// A displayed value, as HTML.
fn shown(state: &State, value: &Value) -> String {
    if state.show == Show::Text {
        let text = value.to_string();
        return if text.is_empty() {
            "nothing".to_owned()
        } else {
            inline(&text)
        };
    }
    let cells: String = letters(Some(value), state.size)
        .iter()
        .map(|letter| {
            if letter.is_empty() {
                "<span class=\"fig-cell\"></span>".to_owned()
            } else {
                let letter = escape(letter);
                format!("<span class=\"fig-cell fig-full\">{letter}</span>")
            }
        })
        .collect();
    let words = match value {
        Value::Number(number) => number.to_string(),
        Value::Text(text) if text.is_empty() => "nothing".to_owned(),
        Value::Text(text) => text.clone(),
    };
    format!(
        "<span class=\"fig-row\" role=\"img\" aria-label=\"{}\">{cells}</span>",
        attribute(&words)
    )
}

/// A step's caption.
fn say(event: &Event) -> String {
    inline(&event.filled(&event.detail))
}

/// A step's caption as text alone.
fn spoken(event: &Event) -> String {
    plain(&event.filled(&event.detail))
}

fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// The steps that are frames in print: those that are marked, else the last.
fn key_events(events: &[Event]) -> Vec<&Event> {
    let marked: Vec<&Event> = events.iter().filter(|e| e.key).collect();
    if marked.is_empty() {
        return events.iter().rev().take(1).collect();
    }
    marked
}

fn list(choices: &[String]) -> String {
    let items: String = choices
        .iter()
        .map(|choice| format!("<li>{}</li>", inline(choice)))
        .collect();
    format!("<ul>{items}</ul>")
}

fn answer(predict: &Predict) -> String {
    // The number is checked on load.
    let right = &predict.choices[predict.right - 1];
    format!(
        "<strong>{}.</strong> {}",
        inline(right.trim_end_matches('.')),
        inline(&predict.why)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::definition::tests::probe;
    use crate::figure::schema::Recording;

    fn drawn<T>(test: impl FnOnce(&Drawn<'_>) -> T) -> T {
        let text = include_str!("../figure/probe.json");
        let figure = Figure {
            name: "probe".to_owned(),
            definition: probe(),
            recording: Recording::parse("p.json", text).expect("valid"),
        };
        let line = |n: usize, text: &str| (n, text.to_owned());
        let part = || Part {
            file: "probe.rs".to_owned(),
            lines: vec![
                line(7, "fn probe() {"),
                line(8, "    write(b\"ab\") < 2;"),
            ],
        };
        test(&Drawn {
            figure: &figure,
            code: vec![vec![part()], vec![part()]],
            recording: "../figures/probe.json".to_owned(),
        })
    }

    #[test]
    fn it_is_one_html_block_and_its_data_is_json() {
        let html = drawn(|drawn| drawn.html().unwrap());
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
        let html = drawn(|drawn| drawn.still() + &drawn.tables());
        assert_eq!(html.matches("<em>Predict:</em>").count(), 2);
        // The marked one, and the last of the run that marks none.
        assert_eq!(html.matches("class=\"fig-frame\"").count(), 2);
        assert!(html.contains("aria-label=\"Before the first step."));
        assert_eq!(html.matches("<tr><td>").count(), 3);
        assert!(html.contains("<strong>No.</strong> Nothing has arrived"));
        assert!(html.contains("2 times in 7 µs"), "{html}");
    }

    #[test]
    fn only_the_figure_has_an_id() {
        let html = drawn(|drawn| drawn.html().unwrap());
        assert_eq!(html.matches(" id=").count(), 1);
        assert!(html.contains("<figure class=\"recorded\" id=\"figure-probe\""));
    }
}
