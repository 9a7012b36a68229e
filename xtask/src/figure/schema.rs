//! The recording of a figure: events in their logical order, version 1.
//!
//! This file is the schema. `xtask/src/figure/README.md` says the same with
//! examples. A recording is checked when it is loaded; what is wrong names the
//! file, the line, the field, and what is allowed.
//!
//! Two things are deliberately left out. Times of the wall clock are there to
//! be shown, never to be compared. And how events look is the matter of `draw`.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::definition::{Definition, Picture, Shape};
use super::draw::{room, wrapped};
use super::{Fault, spoken, thousands};
use crate::provenance::Provenance;

/// The version that this tool writes and reads.
pub const VERSION: u32 = 1;

/// A whole recording.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// [`VERSION`]. It changes when an old recording would be misread.
    pub version: u32,
    /// The figure's name: that of the file.
    pub figure: String,
    /// By which command, on what machine, when. What is drawn by hand is
    /// never stored and has none.
    pub recorded: Option<Provenance>,
    /// What watched the program, with its version, if anything did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watched_by: Option<String>,
    /// Who acts, from left to right: the definition's lanes.
    pub lanes: Vec<String>,
    /// The variants between which the reader chooses.
    pub runs: Vec<Run>,
}

/// One run of a program.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The definition's name for it.
    pub id: String,
    /// What was run.
    pub command: String,
    /// What happened, in logical order.
    pub events: Vec<Event>,
}

/// One thing that happened: a step of the figure.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Counted from 1.
    pub step: usize,
    /// Who does it.
    pub lane: String,
    /// To whom it is done, where the kind has such a one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What kind of thing it is: a closed set.
    pub kind: Kind,
    /// A few words for the picture. `{count}` and `{took}` stand for the
    /// fields of that name, here and in `answer` and `detail`.
    pub text: String,
    /// Of a call: what came back, if it came back at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// A sentence or two: the step's caption. Code stands in back quotes.
    pub detail: String,
    /// How many times it happened in a row. Only whether that is more than
    /// once belongs to the logical order.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u64,
    /// The line of code that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Every displayed value after this step.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub state: BTreeMap<String, Value>,
    /// Is this a step for print, where only a few frames are shown?
    #[serde(default, skip_serializing_if = "is_false")]
    pub key: bool,
    /// When, by the simulated clock, in its unit. Part of the logical order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<u64>,
    /// How long from then, by the simulated clock: a span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took: Option<u64>,
    /// When, in microseconds after the run's first event. Only to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_us: Option<u64>,
    /// How long, in microseconds. Only to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
    /// The recorder's own words, such as a line of strace. Only to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// Whose time it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The machine's: `at_us` and `took_us`, which differ from run to run.
    #[default]
    Wall,
    /// The program's own: `time` and `took`, part of the logical order.
    Simulated,
}

/// What kind of thing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A lane asks another one for something. With an `answer` the caller goes
    /// on at once; without, a `return` comes later.
    Call,
    /// The answer to an earlier call.
    Return,
    /// Something is handed over that nobody called for at that moment.
    Data,
    /// A lane stops, and costs nothing until it is woken.
    Sleep,
    /// A lane goes on: `to`, or without one the lane itself (a timer).
    Wake,
    /// A lane is busy by itself.
    Work,
    /// Something about a lane has changed.
    State,
    /// A remark.
    Note,
}

/// Does an event of a kind name a second lane?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Second {
    Needed,
    Allowed,
    None,
}

impl Kind {
    fn second(self) -> Second {
        match self {
            Kind::Call | Kind::Return | Kind::Data => Second::Needed,
            Kind::Wake => Second::Allowed,
            Kind::Sleep | Kind::Work | Kind::State | Kind::Note => Second::None,
        }
    }

    /// The word that the files use.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Call => "call",
            Kind::Return => "return",
            Kind::Data => "data",
            Kind::Sleep => "sleep",
            Kind::Wake => "wake",
            Kind::Work => "work",
            Kind::State => "state",
            Kind::Note => "note",
        }
    }
}

/// A line of code, found by its text so that it may move.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Relative to the project's root.
    pub file: String,
    /// What exactly one line of the code that the run shows contains.
    pub text: String,
}

/// A displayed value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(
    untagged,
    expecting = "a value is a number, a text, or a list of rows with `at`, \
                 `value`, and perhaps `shown` and `means`"
)]
pub enum Value {
    /// Such as a number of bytes.
    Number(i64),
    /// Such as a list.
    Text(String),
    /// Words of memory, or registers.
    Words(Vec<Word>),
}

/// A word of memory, or a register.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// Where: an offset or a register, never an address.
    pub at: String,
    /// What stands there, by a name or number that is the same in every run.
    pub value: String,
    /// Displayed in place of `value`. Not part of the logical order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// What that means, in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub means: String,
}

/// How many characters of a word's columns fit on a phone.
const WORD_COLUMNS: [usize; 2] = [14, 20];
/// More rows are no picture.
const WORDS: usize = 16;

/// What is wrong with a list of words.
///
/// # Errors
/// The field, and what is allowed.
pub fn check_words(words: &[Word]) -> Result<(), String> {
    if words.len() > WORDS {
        return Err(format!("{} rows; at most {WORDS}", words.len()));
    }
    for (index, word) in words.iter().enumerate() {
        let shown = word.shown.as_ref().unwrap_or(&word.value);
        let fields = [
            ("at", &word.at, WORD_COLUMNS[0]),
            ("value", &word.value, WORD_COLUMNS[1]),
            ("shown", shown, WORD_COLUMNS[1]),
        ];
        for (field, text, room) in fields {
            let width = text.chars().count();
            if text.trim().is_empty() || width > room {
                return Err(format!(
                    "row {}, field `{field}`: {width} characters; 1 to {room}",
                    index + 1
                ));
            }
        }
        if words[..index].iter().any(|other| other.at == word.at) {
            let at = &word.at;
            return Err(format!("field `at`: {at:?} stands there twice"));
        }
    }
    Ok(())
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Text(text) => f.write_str(text),
            // Without what differs from run to run.
            Value::Words(words) => {
                for (index, word) in words.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{}: {}", word.at, word.value)?;
                    if !word.means.is_empty() {
                        write!(f, " ({})", word.means)?;
                    }
                }
                Ok(())
            }
        }
    }
}

fn one() -> u64 {
    1
}

fn is_one(count: &u64) -> bool {
    *count == 1
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Event {
    /// `text`, `answer` or `detail` with its placeholders filled in.
    pub fn filled(&self, text: &str) -> String {
        // A simulated clock has a unit of its own, which the author writes.
        let took = match self.took {
            Some(took) => thousands(took),
            None => spoken(self.took_us.unwrap_or(0)),
        };
        text.replace("{count}", &thousands(self.count))
            .replace("{took}", &took)
            .replace("{time}", &thousands(self.time.unwrap_or(0)))
    }

    /// When the event's span is over, by the simulated clock.
    pub fn end(&self) -> u64 {
        self.time.unwrap_or(0) + self.took.unwrap_or(0)
    }

    /// What of the event belongs to the logical order, in a line.
    pub fn logic(&self) -> String {
        let mut line = format!("{} {}", self.lane, self.kind.word());
        if let Some(to) = &self.to {
            line += &format!(" to {to}");
        }
        line += &format!(": {}", self.text);
        if let Some(answer) = &self.answer {
            line += &format!(" = {answer}");
        }
        if self.count > 1 {
            line += ", repeated";
        }
        if let Some(time) = self.time {
            line += &format!("; at {time}");
        }
        if let Some(took) = self.took {
            line += &format!(", takes {took}");
        }
        for (name, value) in &self.state {
            line += &format!("; {name} {:?}", value.to_string());
        }
        if let Some(Source { file, text }) = &self.source {
            line += &format!("; at {text:?} of {file}");
        }
        if self.key {
            line += "; a frame in print";
        }
        line + &format!("; {}", self.detail)
    }
}

impl Run {
    /// When the last of it is over, by the simulated clock.
    pub fn end(&self) -> u64 {
        self.events.iter().map(Event::end).max().unwrap_or(0)
    }

    /// Time never goes back, and a thread does one thing at a time.
    ///
    /// # Errors
    /// Which event, counted from 0, and what is wrong with it.
    pub fn check_times(
        &self,
        definition: &Definition,
    ) -> Result<(), (usize, String)> {
        let mut busy: BTreeMap<&str, u64> = BTreeMap::new();
        let mut now = 0;
        for (index, event) in self.events.iter().enumerate() {
            let Some(time) = event.time else { continue };
            if time < now {
                let message = format!("field `time`: {time}, after {now}");
                return Err((index, message));
            }
            now = time;
            let lane = &definition.lane[definition.column(&event.lane)];
            if event.took.is_none() || lane.shape != Shape::Thread {
                continue;
            }
            let until = busy.insert(&event.lane, event.end()).unwrap_or(0);
            if until > time {
                return Err((
                    index,
                    format!(
                        "field `time`: {time}; {:?} is a thread, and busy until \
                         {until}",
                        event.lane
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The logical order of the run, a line for each event.
    pub fn logic(&self) -> String {
        self.events
            .iter()
            .map(|event| format!("{}\n", event.logic()))
            .collect()
    }
}

impl Recording {
    /// Reads a recording; `file` is its name in messages.
    ///
    /// # Errors
    /// A [`Fault`] when it is not of this form.
    pub fn parse(file: &str, text: &str) -> Result<Recording> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let fault = |line: usize, message: String| Fault {
            file: file.to_owned(),
            line: line.max(1),
            message,
        };
        let read =
            |error: serde_json::Error| fault(error.line(), error.to_string());
        // The version first: the rest of another one may look different.
        let Version { version } = serde_json::from_str(text).map_err(read)?;
        if version != VERSION {
            return Err(fault(
                line_of(text, "\"version\""),
                format!(
                    "field `version`: {version}; this tool reads {VERSION}: \
                     record the figure again"
                ),
            )
            .into());
        }
        Ok(serde_json::from_str(text).map_err(read)?)
    }

    /// The recording as it is stored.
    ///
    /// # Errors
    /// None that could happen: the form has no maps with odd keys.
    pub fn to_json(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self).context("as JSON")?;
        Ok(text + "\n")
    }

    /// The logical order of all runs.
    pub fn logic(&self) -> String {
        let lanes = self.lanes.join(", ");
        let runs = self
            .runs
            .iter()
            .map(|run| format!("{}: {}\n{}", run.id, run.command, run.logic()));
        format!("lanes: {lanes}\n{}", runs.collect::<String>())
    }

    /// Does the recording keep the schema's rules, and fit the definition?
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn check(
        &self,
        file: &str,
        text: &str,
        name: &str,
        definition: &Definition,
    ) -> Result<(), Fault> {
        let fault = |needle: &str, message: String| Fault {
            file: file.to_owned(),
            line: line_of(text, needle),
            message,
        };
        if self.figure != name {
            return Err(fault(
                "\"figure\"",
                format!(
                    "field `figure`: {:?}; the file's name says {name:?}",
                    self.figure
                ),
            ));
        }
        if self.recorded.is_none() {
            return Err(fault("\"figure\"", "missing field `recorded`".into()));
        }
        let ids = |known: Vec<&str>| known.join(", ");
        let lanes: Vec<&str> =
            definition.lane.iter().map(|lane| &*lane.id).collect();
        if self.lanes != lanes {
            return Err(fault(
                "\"lanes\"",
                format!(
                    "field `lanes`: not those of the definition: {}; \
                    record the figure again",
                    ids(lanes)
                ),
            ));
        }
        let runs: Vec<&str> =
            definition.run.iter().map(|run| &*run.id).collect();
        if !self
            .runs
            .iter()
            .map(|run| &*run.id)
            .eq(runs.iter().copied())
        {
            return Err(fault(
                "\"runs\"",
                format!(
                    "field `runs`: not those of the definition: {}; \
                    record the figure again",
                    ids(runs)
                ),
            ));
        }
        for (index, run) in self.runs.iter().enumerate() {
            for (nth, event) in run.events.iter().enumerate() {
                event.check(nth + 1, &run.id, definition).map_err(
                    |message| Fault {
                        file: file.to_owned(),
                        line: line_of_step(text, index, nth),
                        message: format!(
                            "run {:?}, step {}: {message}",
                            run.id,
                            nth + 1
                        ),
                    },
                )?;
            }
            run.check_times(definition)
                .map_err(|(nth, message)| Fault {
                    file: file.to_owned(),
                    line: line_of_step(text, index, nth),
                    message: format!(
                        "run {:?}, step {}: {message}",
                        run.id,
                        nth + 1
                    ),
                })?;
            if run.events.is_empty() {
                return Err(fault(
                    &format!("\"id\": {:?}", run.id),
                    format!("run {:?}, field `events`: there are none", run.id),
                ));
            }
        }
        Ok(())
    }
}

impl Event {
    /// What is wrong with the event that should be the `nth`, counted from 1,
    /// of the run.
    ///
    /// # Errors
    /// The field, and what is allowed.
    pub fn check(
        &self,
        nth: usize,
        run: &str,
        definition: &Definition,
    ) -> Result<(), String> {
        if self.step != nth {
            return Err(format!("field `step`: {}, not {nth}", self.step));
        }
        self.check_lanes(run, definition)?;
        self.check_texts(definition)?;
        self.check_clock(definition)?;
        if self.count == 0 {
            return Err("field `count`: at least 1".to_owned());
        }
        let wanted: Vec<&str> = definition
            .states(run)
            .map(|state| state.id.as_str())
            .collect();
        let mut sorted = wanted.clone();
        sorted.sort_unstable();
        if !self.state.keys().map(String::as_str).eq(sorted) {
            return Err(format!(
                "field `state`: it must have exactly: {}",
                wanted.join(", ")
            ));
        }
        for state in definition.states(run) {
            if let Some(value) = self.state.get(&state.id) {
                state
                    .check(value)
                    .map_err(|message| format!("field `state`: {message}"))?;
            }
        }
        Ok(())
    }

    fn check_clock(&self, definition: &Definition) -> Result<(), String> {
        let simulated = definition.record.clock == Clock::Simulated;
        let span = matches!(self.kind, Kind::Work | Kind::Sleep | Kind::State);
        if simulated && self.time.is_none() {
            return Err("field `time`: a simulated clock needs it".to_owned());
        }
        if simulated && (self.at_us.is_some() || self.took_us.is_some()) {
            return Err(
                "fields `at_us`, `took_us`: of the wall clock".to_owned()
            );
        }
        if !simulated && (self.time.is_some() || self.took.is_some()) {
            return Err(
                "fields `time`, `took`: of a simulated clock".to_owned()
            );
        }
        if self.took.is_some_and(|took| took == 0 || !span) {
            return Err("field `took`: at least 1, and only of these: work, \
                        sleep, state"
                .to_owned());
        }
        let gantt = definition.picture == Picture::Gantt;
        let bar = matches!(self.kind, Kind::Work | Kind::Sleep);
        if gantt && bar && self.took.is_none() {
            return Err(format!(
                "field `took`: a {} is a bar, and needs it",
                self.kind.word()
            ));
        }
        Ok(())
    }

    fn check_lanes(
        &self,
        run: &str,
        definition: &Definition,
    ) -> Result<(), String> {
        let known: Vec<&str> =
            definition.lanes(run).map(|lane| &*lane.id).collect();
        let check = |field: &str, lane: &str| {
            if known.contains(&lane) {
                return Ok(());
            }
            Err(format!(
                "field `{field}`: {lane:?} is no lane; there are: {}",
                known.join(", ")
            ))
        };
        check("lane", &self.lane)?;
        let kind = self.kind.word();
        match (self.kind.second(), &self.to) {
            (Second::Needed, None) => {
                Err(format!("field `to`: a {kind} needs it: a lane"))
            }
            (Second::None, Some(_)) => Err(format!(
                "field `to`: a {kind} has none; these do: call, return, data, \
                 wake"
            )),
            (_, Some(to)) if *to == self.lane => {
                Err("field `to`: a lane other than `lane`".to_owned())
            }
            (_, Some(to)) => check("to", to),
            (_, None) => Ok(()),
        }
    }

    fn check_texts(&self, definition: &Definition) -> Result<(), String> {
        for (field, text) in [("text", &self.text), ("detail", &self.detail)] {
            if text.trim().is_empty() {
                return Err(format!("field `{field}`: it is empty"));
            }
            placeholders(text).map_err(|e| format!("field `{field}`: {e}"))?;
        }
        if self.answer.is_some() && self.kind != Kind::Call {
            return Err("field `answer`: only a call has one".to_owned());
        }
        let (room, lines) = match definition.picture {
            Picture::Sequence => (room(definition, self), 2),
            Picture::Gantt => (12, 1),
        };
        let drawn =
            [("text", Some(&self.text)), ("answer", self.answer.as_ref())];
        for (field, text) in drawn {
            let Some(text) = text else { continue };
            if wrapped(&self.filled(text), room).len() > lines {
                let lines =
                    ["one line", "two lines"].get(lines - 1).unwrap_or(&"");
                return Err(format!(
                    "field `{field}`: more than {lines} of {room} characters, \
                     for which there is room; what is longer goes into `detail`"
                ));
            }
        }
        Ok(())
    }
}

/// `{count}`, `{took}` and `{time}` are all the placeholders that there are.
fn placeholders(text: &str) -> Result<(), String> {
    let known = ["{count}", "{took}", "{time}"];
    let rest = known.iter().fold(text.to_owned(), |t, p| t.replace(p, ""));
    match rest.find('{') {
        None => Ok(()),
        Some(at) => {
            let word: String = rest[at..].chars().take(12).collect();
            Err(format!("{word:?}: there are {{count}}, {{took}}, {{time}}"))
        }
    }
}

/// The line, counted from 1, of the first `needle`; 1 if there is none.
pub fn line_of(text: &str, needle: &str) -> usize {
    text.find(needle)
        .map_or(1, |at| 1 + text[..at].matches('\n').count())
}

/// The line where an event begins: both counted from 0.
pub fn line_of_step(text: &str, run: usize, event: usize) -> usize {
    let mut events = 0;
    let mut runs = 0;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.starts_with("\"events\"") {
            runs += 1;
            events = 0;
        } else if runs == run + 1 && line.starts_with("\"step\"") {
            if events == event {
                return index + 1;
            }
            events += 1;
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::definition::tests::probe;

    const PROBE: &str = include_str!("probe.json");

    #[track_caller]
    fn wrong(from: &str, to: &str, line: usize, says: &str) {
        assert!(PROBE.contains(from), "the fixture has no {from}");
        let text = PROBE.replacen(from, to, 1);
        let found = Recording::parse("p.json", &text).and_then(|recording| {
            Ok(recording.check("p.json", &text, "probe", &probe())?)
        });
        let error = found.expect_err("a fault");
        let fault = error.downcast_ref::<Fault>().expect("with a place");
        assert!(fault.message.contains(says), "{fault}");
        assert_eq!(
            (fault.file.as_str(), fault.line),
            ("p.json", line),
            "{fault}"
        );
    }

    #[test]
    fn the_fixture_is_valid_and_is_written_as_it_was_read() {
        let recording = Recording::parse("p.json", PROBE).unwrap();
        recording.check("p.json", PROBE, "probe", &probe()).unwrap();
        assert_eq!(recording.to_json().unwrap(), PROBE);
    }

    #[test]
    fn faults_name_the_line_the_field_and_what_is_allowed() {
        wrong("\"version\": 1", "\"version\": 9", 2, "this tool reads 1");
        wrong("\"call\"", "\"cal\"", 24, "unknown variant `cal`");
        wrong("\"figure\"", "\"figur\"", 3, "unknown field `figur`");
        wrong("\"probe\"", "\"prob\"", 3, "field `figure`");
        wrong("\"kernel\"\n  ],", "\"core\"\n  ],", 11, "field `lanes`");
        wrong("\"id\": \"level\"", "\"id\": \"lev\"", 15, "field `runs`");
        wrong("\"step\": 1", "\"step\": 2", 21, "field `step`: 2, not 1");
        wrong(
            "\"to\": \"kernel\"",
            "\"to\": \"k\"",
            21,
            "there are: program, kernel",
        );
        wrong(
            "\"to\": \"kernel\",\n",
            "",
            21,
            "field `to`: a call needs it",
        );
        wrong("\"text\": \"write 2\"", "\"text\": \"\"", 21, "it is empty");
        wrong(
            "\"detail\": \"Two",
            "\"detail\": \"{cont} Two",
            21,
            "there are {count}, {took}, {time}",
        );
        wrong(
            "\"unread\": 2",
            "\"read\": 2",
            21,
            "must have exactly: unread",
        );
    }

    #[test]
    fn times_and_counts_are_not_part_of_the_order() {
        let recording = Recording::parse("p.json", PROBE).unwrap();
        let mut other = recording.clone();
        let event = &mut other.runs[0].events[1];
        event.at_us = Some(77);
        event.took_us = Some(12);
        event.raw = Some("another".to_owned());
        event.count = 40;
        assert_eq!(other.logic(), recording.logic());
        other.runs[0].events[1].count = 1;
        assert_ne!(other.logic(), recording.logic());
    }

    fn word(at: &str, value: &str) -> Word {
        Word {
            at: at.to_owned(),
            value: value.to_owned(),
            shown: None,
            means: String::new(),
        }
    }

    #[test]
    fn what_a_word_shows_is_not_part_of_the_order() {
        let recording = Recording::parse("p.json", PROBE).unwrap();
        let with = |shown: &str, value: &str| {
            let mut event = recording.runs[0].events[0].clone();
            let word = Word {
                shown: Some(shown.to_owned()),
                ..word("rsp", value)
            };
            event
                .state
                .insert("stack".to_owned(), Value::Words(vec![word]));
            event.logic()
        };
        assert_eq!(with("0x7ffd10", "main"), with("0x7ffe20", "main"));
        assert_ne!(with("0x7ffd10", "main"), with("0x7ffd10", "fiber"));
    }

    #[test]
    fn words_are_few_fit_and_stand_in_one_place_each() {
        check_words(&[word("rsp", "1"), word("rsp + 8", "1")]).unwrap();
        let many: Vec<Word> =
            (0..17).map(|n| word(&n.to_string(), "1")).collect();
        for (words, says) in [
            (vec![word("rsp", "")], "row 1, field `value`: 0 characters"),
            (
                vec![
                    word("a long way off", "1"),
                    word("rsp + 4096 bytes", "1"),
                ],
                "row 2, field `at`: 16 characters; 1 to 14",
            ),
            (
                vec![word("rsp", "1"), word("rsp", "2")],
                "stands there twice",
            ),
            (many, "17 rows; at most 16"),
        ] {
            let message = check_words(&words).unwrap_err();
            assert!(message.contains(says), "{message}");
        }
        let text = r#"[{"at": "rsp", "valu": "1"}]"#;
        let error = serde_json::from_str::<Value>(text).unwrap_err();
        assert!(error.to_string().contains("a list of rows"), "{error}");
    }

    #[test]
    fn a_simulated_time_is_part_of_the_order() {
        let recording = Recording::parse("p.json", PROBE).unwrap();
        let mut event = recording.runs[0].events[0].clone();
        event.time = Some(3);
        let logic = event.logic();
        event.took = Some(4);
        assert_ne!(event.logic(), logic);
        assert_eq!(event.end(), 7);
        event.time = Some(2);
        assert!(event.logic().contains("at 2, takes 4"));
        assert_eq!(event.filled("{took} s from {time}"), "4 s from 2");
    }

    #[test]
    fn steps_have_lines() {
        assert_eq!(line_of_step(PROBE, 0, 0), 21);
        assert_eq!(line_of_step("{}", 0, 0), 1);
    }
}
