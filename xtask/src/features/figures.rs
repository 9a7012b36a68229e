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
use crate::figure::control::{Control, ControlKind};
use crate::figure::definition::{
    Picture, Predict, Recorder, Run as Wanted, Shape, Show, State,
};
use crate::figure::draw::{self, Frame, attribute, letters};
use crate::figure::gantt::{self, Frames};
use crate::figure::schema::{Event, Kind, Run, Value, Word};
use crate::figure::{Figure, folder, thousands};
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
    /// What all pictures of a Gantt chart share.
    frames: Frames,
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
            frames: Frames::of(&figure.recording.runs),
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
        let class = match definition.picture {
            Picture::Sequence => "",
            Picture::Gantt => " class=\"fig-wider\"",
        };
        let mut html = format!(
            "<figure class=\"recorded\" id=\"figure-{name}\">\
             <figcaption>{}</figcaption><by-hand-figure{class}>",
            inline(&definition.title)
        );
        if self.is_drawn() {
            let note = inline(&definition.note);
            html += &format!("<p class=\"fig-by-hand\">{note}</p>");
        }
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

    fn is_drawn(&self) -> bool {
        self.figure.definition.record.kind == Recorder::Drawn
    }

    /// The picture of a run.
    fn svg(
        &self,
        wanted: &Wanted,
        run: &Run,
        frame: Frame,
        label: &str,
    ) -> String {
        let definition = &self.figure.definition;
        match definition.picture {
            Picture::Sequence => {
                draw::svg(definition, wanted, run, frame, label)
            }
            Picture::Gantt => {
                gantt::svg(definition, run, self.frames, frame, label)
            }
        }
    }

    /// The runs that are shown on paper: with controls there are too many.
    fn still_runs(&self) -> impl Iterator<Item = (&Wanted, &Run)> {
        let all = self.figure.definition.control.is_empty();
        self.figure
            .runs()
            .filter(move |(wanted, _)| all || wanted.key)
    }

    // --- The live form ---

    fn live(&self) -> Result<String> {
        let mut html = "<div class=\"fig-live\">".to_owned();
        let runs: Vec<_> = self.figure.runs().collect();
        let set = &self.figure.definition.control;
        let first = first_run(set);
        if !set.is_empty() {
            html += "<div class=\"fig-set\">";
            for control in set {
                html += &setting(&self.figure.name, control);
            }
            html += "</div>";
        } else if runs.len() > 1 {
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
            html += &self.live_run(index, index == first, wanted, run)?;
        }
        Ok(html + "</div>")
    }

    fn live_run(
        &self,
        index: usize,
        shown: bool,
        wanted: &Wanted,
        run: &Run,
    ) -> Result<String> {
        let definition = &self.figure.definition;
        let label = format!("{}: {}", plain(&wanted.label), definition.alt);
        let picture = self.svg(wanted, run, Frame::All, &label);
        Ok(format!(
            "<div class=\"fig-run fig-asking\" tabindex=\"0\" role=\"group\" \
             aria-label=\"Figure: {}\"{}>{}<div class=\"fig-say\">{}{}</div>\
             <p class=\"fig-verdict\" aria-live=\"polite\"></p>{}\
             <div class=\"fig-picture\">{picture}<p class=\"fig-hidden\">\
             The steps appear here.</p>{}</div>{}</div>",
            attribute(&plain(&wanted.label)),
            if shown { "" } else { " hidden" },
            gate(&wanted.predict),
            controls(),
            self.caption(run, !self.code[index].is_empty()),
            self.states(wanted, run),
            self.legend(&run.events),
            self.code_panel(index, run)?,
        ))
    }

    /// The displayed values, as they are before the first step.
    fn states(&self, wanted: &Wanted, run: &Run) -> String {
        let mut rows = String::new();
        for state in self.figure.definition.states(&wanted.id) {
            // The table with the most rows keeps its place open, so that
            // nothing moves from one step to the next.
            let most = run.events.iter().map(|event| {
                match event.state.get(&state.id) {
                    Some(Value::Words(words)) => words.len(),
                    _ => 0,
                }
            });
            let (class, room) = match state.show {
                Show::Words => (
                    " class=\"fig-has-words\"",
                    format!(" style=\"--rows: {}\"", most.max().unwrap_or(0)),
                ),
                _ => ("", String::new()),
            };
            let _ = write!(
                rows,
                "<div data-state=\"{}\"{class}{room}><dt>{}</dt>\
                 <dd>{}</dd></div>",
                state.id,
                inline(&state.label),
                shown(state, &state.start, None)
            );
        }
        if rows.is_empty() {
            return rows;
        }
        format!("<dl class=\"fig-state\">{rows}</dl>")
    }

    /// The displayed values after a step, on paper.
    fn states_after(&self, wanted: &Wanted, run: &Run, step: usize) -> String {
        let mut rows = String::new();
        for state in self.figure.definition.states(&wanted.id) {
            // Cells are in the picture already.
            if state.show == Show::Cells {
                continue;
            }
            let value = value_after(state, run, step);
            let before = before(state, run, step);
            let class = match state.show {
                Show::Words => " class=\"fig-has-words\"",
                _ => "",
            };
            let _ = write!(
                rows,
                "<div{class}><dt>{}</dt><dd>{}</dd></div>",
                inline(&state.label),
                shown(state, value, Some(before))
            );
        }
        if rows.is_empty() {
            return rows;
        }
        format!("<dl class=\"fig-state\">{rows}</dl>")
    }

    /// The caption's place. The longest caption keeps it open, unseen, so that
    /// nothing moves from one step to the next.
    fn caption(&self, run: &Run, has_code: bool) -> String {
        let last = run.events.len();
        let longest = run
            .events
            .iter()
            .map(|event| self.say(event))
            .max_by_key(String::len);
        format!(
            "<div class=\"fig-caption\"><p class=\"fig-longest\" \
             aria-hidden=\"true\"><strong>{last} of {last}</strong> {}</p>\
             <p class=\"fig-words\" aria-live=\"polite\"></p></div>{}",
            longest.unwrap_or_default(),
            if has_code {
                "<p class=\"fig-now-line\" aria-hidden=\"true\"></p>"
            } else {
                ""
            }
        )
    }

    /// A step's caption. With a clock of its own, the figure says the time.
    fn say(&self, event: &Event) -> String {
        let words = say(event);
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
    fn legend(&self, events: &[Event]) -> String {
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
        if self.figure.definition.picture == Picture::Gantt {
            add(span(Kind::Work), "fig-key-busy", &legend.work);
            add(span(Kind::Sleep), "fig-key-stands", &legend.sleep);
            add(span(Kind::State), "fig-key-open", &legend.state);
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

    /// The code, with the lines that some step executes told apart.
    fn code_panel(&self, index: usize, run: &Run) -> Result<String> {
        let parts = &self.code[index];
        if parts.is_empty() {
            return Ok(String::new());
        }
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
                        let before = before(state, run, event.step);
                        let html = shown(state, value, Some(before));
                        Some((state.id.clone(), html.into()))
                    })
                    .collect();
                steps.push(json!({
                    "say": self.say(event),
                    "state": states,
                    "line": self.line_of(index, event)?,
                    "time": event.time,
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
        // How many values each control has: with them the script counts from
        // the controls to a run.
        let set = &self.figure.definition.control;
        let counts: Vec<usize> =
            set.iter().map(|control| control.options().len()).collect();
        Ok(json!({ "runs": runs, "controls": counts }))
    }

    // --- The still form ---

    fn still(&self) -> String {
        let mut html = format!("<div class=\"fig-still\">{}", self.first());
        // With controls one question is asked for all, and the runs stand
        // beside each other.
        let once = !self.figure.definition.control.is_empty();
        let one = self.still_runs().next().filter(|_| once);
        if let Some((wanted, _)) = one {
            html += &question(&wanted.predict);
            html += "<div class=\"fig-multiples\">";
        }
        for (wanted, run) in self.still_runs() {
            let label = plain(&wanted.label);
            let _ = write!(
                html,
                "<div class=\"fig-still-run\"><p><strong>{}.</strong></p>{}\
                 <div class=\"fig-frames\">",
                inline(&wanted.label),
                if once {
                    String::new()
                } else {
                    question(&wanted.predict)
                },
            );
            for event in key_events(&run.events) {
                let step = event.step;
                let alt = format!("{label}, step {step}: {}", spoken(event));
                let picture = self.svg(wanted, run, Frame::Until(step), &alt);
                let _ = write!(
                    html,
                    "<div class=\"fig-frame\">{picture}<p>Step {step}. {}</p>\
                     {}</div>",
                    self.say(event),
                    self.states_after(wanted, run, step),
                );
            }
            html += "</div>";
            if !once {
                html += &folded_answer(&wanted.predict);
            }
            html += "</div>";
        }
        if let Some((wanted, _)) = one {
            html += "</div>";
            html += &folded_answer(&wanted.predict);
        }
        html + "</div>"
    }

    /// The picture before the first step, and what its shapes mean. Of a Gantt
    /// chart there would be nothing to be seen.
    fn first(&self) -> String {
        let definition = &self.figure.definition;
        let events: Vec<Event> = self
            .still_runs()
            .flat_map(|(_, run)| run.events.iter().cloned())
            .collect();
        let picture = match self.figure.runs().next() {
            Some((wanted, run)) if definition.picture == Picture::Sequence => {
                let alt = format!("Before the first step. {}", definition.alt);
                self.svg(wanted, run, Frame::Until(0), &alt)
            }
            _ => String::new(),
        };
        format!(
            "<div class=\"fig-first\">{picture}{}</div>",
            self.legend(&events)
        )
    }

    // --- What both have ---

    fn tables(&self) -> String {
        let steps = |runs: &mut dyn Iterator<Item = (&Wanted, &Run)>| -> usize {
            runs.map(|(_, run)| run.events.len()).sum()
        };
        let (all, some) = (
            steps(&mut self.figure.runs()),
            steps(&mut self.still_runs()),
        );
        let count = if some < all {
            format!("{some} of {} events as tables", thousands(all as u64))
        } else {
            format!("All {all} events as a table")
        };
        let mut html =
            format!("<details class=\"fig-table\"><summary>{count}</summary>");
        for (wanted, run) in self.still_runs() {
            html += &self.table(wanted, run);
        }
        html + "</details>"
    }

    fn table(&self, wanted: &Wanted, run: &Run) -> String {
        let states: Vec<&State> =
            self.figure.definition.states(&wanted.id).collect();
        let command = match run.command.as_str() {
            "" => String::new(),
            command => format!(": <code>{}</code>", escape(command)),
        };
        let mut html = format!(
            "<div class=\"table-wrapper\"><table><caption>{}{command}\
             </caption><thead><tr><th scope=\"col\">Step</th>\
             <th scope=\"col\">Who</th><th scope=\"col\">What happens</th>",
            inline(&wanted.label)
        );
        for state in &states {
            let _ =
                write!(html, "<th scope=\"col\">{}</th>", inline(&state.label));
        }
        if !self.is_drawn() {
            html += "<th scope=\"col\">Took</th>";
        }
        html += "</tr></thead><tbody>";
        for event in &run.events {
            html += &self.table_row(run, event, &states);
        }
        html + "</tbody></table></div>"
    }

    fn table_row(&self, run: &Run, event: &Event, states: &[&State]) -> String {
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
            self.say(event),
        );
        for state in states {
            if state.show == Show::Words {
                html += &word_cell(state, run, event.step);
                continue;
            }
            let value = event.state.get(&state.id).map(Value::to_string);
            let value = value.unwrap_or_default();
            let text = if value.is_empty() { "nothing" } else { &value };
            let _ = write!(html, "<td>{}</td>", escape(text));
        }
        // Where the recorder's line is, the thing is done.
        let took = event.took_us.filter(|_| event.raw.is_some());
        let took = match event.took {
            Some(took) => format!(
                "{} {}",
                thousands(took),
                escape(&self.figure.definition.record.unit)
            ),
            None => took.map(crate::figure::spoken).unwrap_or_default(),
        };
        if !self.is_drawn() {
            let _ = write!(html, "<td>{took}</td>");
        }
        html + "</tr>"
    }

    fn provenance(&self) -> String {
        let recording = &self.figure.recording;
        // What is drawn says so above its picture.
        let Some(recorded) = &recording.recorded else {
            return String::new();
        };
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
            escape(&recorded.command),
            escape(&recorded.sentence()),
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

/// The run that is shown at first, counted from 0.
fn first_run(set: &[Control]) -> usize {
    set.iter().fold(0, |run, control| {
        let first = match control.kind {
            ControlKind::Choice => 0,
            ControlKind::Range => control.first(),
        };
        run * control.options().len() + first
    })
}

/// What sets a control: buttons of which one is pressed, or a slider.
fn setting(figure: &str, control: &Control) -> String {
    let label = inline(&control.label);
    let id = &control.id;
    if control.kind == ControlKind::Range {
        let start = control.start.unwrap_or(control.from);
        let (from, to) = (control.from, control.to);
        // The numbers below are the slider's stops; its ends are half a knob
        // away from the edge.
        let stops: String =
            (from..=to).map(|n| format!("<span>{n}</span>")).collect();
        return format!(
            "<div class=\"fig-range\"><label><span>{label}: \
             <output>{start}</output></span><input type=\"range\" \
             data-control=\"{id}\" min=\"{from}\" max=\"{to}\" step=\"1\" \
             value=\"{start}\" autocomplete=\"off\"></label>\
             <div class=\"fig-stops\" aria-hidden=\"true\">{stops}</div></div>"
        );
    }
    let mut html = format!(
        "<fieldset class=\"fig-runs fig-choice\"><legend>{label}</legend>"
    );
    for (index, choice) in control.options().iter().enumerate() {
        let checked = if index == 0 { " checked" } else { "" };
        let _ = write!(
            html,
            "<label><input type=\"radio\" name=\"figure-{figure}-{id}\" \
             data-control=\"{id}\" value=\"{index}\" \
             autocomplete=\"off\"{checked}><span>{}</span></label>",
            inline(&choice.label)
        );
    }
    html + "</fieldset>"
}

/// The value of a state after a step, counted from 1; 0 is the start.
fn value_after<'a>(state: &'a State, run: &'a Run, step: usize) -> &'a Value {
    let event = step.checked_sub(1).and_then(|index| run.events.get(index));
    event
        .and_then(|event| event.state.get(&state.id))
        .unwrap_or(&state.start)
}

/// The value before a step.
fn before<'a>(state: &'a State, run: &'a Run, step: usize) -> &'a Value {
    value_after(state, run, step.saturating_sub(1))
}

/// A displayed value, as HTML. What differs from the value `before`, if there
/// is one, is marked where it is one of many.
fn shown(state: &State, value: &Value, before: Option<&Value>) -> String {
    if let Value::Words(words) = value {
        return table_of(state, words, before);
    }
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
        value => value.to_string(),
    };
    format!(
        "<span class=\"fig-row\" role=\"img\" aria-label=\"{}\">{cells}</span>",
        attribute(&words)
    )
}

/// Has a word another value than before, or is it new?
fn changed(word: &Word, before: Option<&Value>) -> bool {
    match before {
        Some(Value::Words(old)) => !old.contains(word),
        _ => false,
    }
}

/// Words of memory, or registers. A changed row has a bar, bold letters, and
/// a word for those who see neither.
fn table_of(state: &State, words: &[Word], before: Option<&Value>) -> String {
    let [at, value, means] = &state.columns;
    let meanings = words.iter().any(|word| !word.means.is_empty());
    let mut html = format!(
        "<table class=\"fig-memory\"><thead><tr><th scope=\"col\">{}</th>\
         <th scope=\"col\">{}</th>",
        escape(at),
        escape(value)
    );
    if meanings {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escape(means));
    }
    html += "</tr></thead><tbody>";
    for word in words {
        let (class, note) = if changed(word, before) {
            (
                " class=\"fig-changed\"",
                "<span class=\"fig-aloud\"> changed</span>",
            )
        } else {
            ("", "")
        };
        let value = word.shown.as_ref().unwrap_or(&word.value);
        let _ = write!(
            html,
            "<tr{class}><th scope=\"row\">{}</th><td><code>{}</code>{note}</td>",
            inline(&word.at),
            escape(value)
        );
        if meanings {
            let _ = write!(html, "<td>{}</td>", inline(&word.means));
        }
        html += "</tr>";
    }
    if words.is_empty() {
        html += "<tr><td colspan=\"3\">nothing</td></tr>";
    }
    html + "</tbody></table>"
}

/// In the table of events: the words that a step has changed.
fn word_cell(state: &State, run: &Run, step: usize) -> String {
    let Value::Words(words) = value_after(state, run, step) else {
        return "<td></td>".to_owned();
    };
    let before = before(state, run, step);
    let lines: Vec<String> = words
        .iter()
        .filter(|word| changed(word, Some(before)))
        .map(|word| {
            let value = word.shown.as_ref().unwrap_or(&word.value);
            format!("{}: <code>{}</code>", inline(&word.at), escape(value))
        })
        .collect();
    let text = if lines.is_empty() {
        "as before".to_owned()
    } else {
        lines.join("<br>")
    };
    format!("<td class=\"fig-word-cell\">{text}</td>")
}

/// The question and what there is to choose from, on paper.
fn question(predict: &Predict) -> String {
    format!(
        "<p><em>Predict:</em> {}</p>{}",
        inline(&predict.ask),
        list(&predict.choices)
    )
}

fn folded_answer(predict: &Predict) -> String {
    format!(
        "<details><summary>The answer</summary><p>{}</p></details>",
        answer(predict)
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
            frames: Frames::of(&figure.recording.runs),
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
    fn a_changed_word_is_marked_by_more_than_colour() {
        let word = |at: &str, value: &str| Word {
            at: at.to_owned(),
            value: value.to_owned(),
            shown: Some(format!("<{value}>")),
            means: String::new(),
        };
        let state = State {
            show: Show::Words,
            ..probe().state.remove(0)
        };
        let old = Value::Words(vec![word("rsp", "1"), word("rbx", "1")]);
        let new = Value::Words(vec![word("rsp", "2"), word("rbx", "1")]);
        let html = shown(&state, &new, Some(&old));
        assert_eq!(html.matches("fig-changed").count(), 1);
        assert!(
            html.contains("<code>&lt;2&gt;</code><span class=\"fig-aloud\">")
        );
        assert!(!html.contains("Meaning"), "no row has one: {html}");
        assert!(!shown(&state, &new, None).contains("fig-changed"));
    }

    #[test]
    fn controls_count_to_a_run_and_print_has_some() {
        let text = include_str!("../figure/workshop.json");
        let definition = crate::figure::definition::tests::workshop();
        let recording = Recording::parse("w.json", text).expect("valid");
        let figure = Figure {
            name: "workshop".to_owned(),
            definition,
            recording,
        };
        let drawn = Drawn {
            frames: Frames::of(&figure.recording.runs),
            figure: &figure,
            code: (0..4).map(|_| Vec::new()).collect(),
            recording: "../figures/workshop.json".to_owned(),
        };
        assert_eq!(first_run(&figure.definition.control), 1);
        let html = drawn.html().unwrap();
        assert_eq!(html.matches("type=\"range\"").count(), 1);
        assert_eq!(html.matches("type=\"radio\"").count(), 2);
        // Of four runs one is shown, and two are for print.
        assert_eq!(html.matches("class=\"fig-run fig-asking\"").count(), 4);
        assert_eq!(html.matches("role=\"group\"").count(), 4);
        assert_eq!(html.matches("\" hidden>").count(), 3);
        assert_eq!(html.matches("class=\"fig-still-run\"").count(), 2);
        assert_eq!(html.matches("<em>Predict:</em>").count(), 1);
        assert_eq!(html.matches(" id=").count(), 1);
        let data = drawn.data().unwrap();
        assert_eq!(data["controls"], json!([2, 2]));
        assert_eq!(data["runs"][0]["steps"][1]["time"], 2);
        let say = data["runs"][0]["steps"][1]["say"].as_str().unwrap();
        assert!(
            say.starts_with("<span class=\"fig-when\">2 s</span>"),
            "{say}"
        );
    }

    #[test]
    fn only_the_figure_has_an_id() {
        let html = drawn(|drawn| drawn.html().unwrap());
        assert_eq!(html.matches(" id=").count(), 1);
        assert!(
            html.contains("<figure class=\"recorded\" id=\"figure-probe\"")
        );
    }
}
