//! Does a recording keep the rules, and fit its definition? It is checked
//! whenever it is loaded; a fault names the file, the line, the field, and
//! what is allowed.

use std::collections::BTreeMap;

use crate::check::check_value;
use crate::definition::{Definition, Picture, Predict, Shape};
use crate::event::{Clock, Event, Kind, Run, Second};
use crate::fault::{Fault, line_of, line_of_step};
use crate::measure::{room, wrapped};
use crate::recording::Recording;

/// The words that name an event and are not drawn.
const NAMED: usize = 40;

impl Recording {
    /// Does the recording keep the rules, and fit the definition? `file` is
    /// its name in messages, and `text` what stands in it.
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
        self.check_head(name, definition)
            .and_then(|()| self.check_runs(text, definition))
            .map_err(|(place, message)| Fault {
                file: file.to_owned(),
                line: match place {
                    Place::Text(needle) => line_of(text, &needle),
                    Place::Line(line) => line,
                },
                message,
            })
    }

    fn check_head(
        &self,
        name: &str,
        definition: &Definition,
    ) -> Result<(), (Place, String)> {
        let wrong = |field: &str, message: String| {
            Err((Place::Text(format!("\"{field}\"")), message))
        };
        if self.figure != name {
            let message = format!(
                "field `figure`: {:?}; the file's name says {name:?}",
                self.figure
            );
            return wrong("figure", message);
        }
        if self.recorded.is_none() {
            return wrong("figure", "missing field `recorded`".into());
        }
        let lanes = definition.lane.iter().map(|lane| &*lane.id).collect();
        let runs = definition.run.iter().map(|run| &*run.id).collect();
        let own: Vec<&str> = self.lanes.iter().map(String::as_str).collect();
        let own_runs = self.runs.iter().map(|run| &*run.id).collect();
        let both: [(&str, Vec<&str>, Vec<&str>); 2] =
            [("lanes", own, lanes), ("runs", own_runs, runs)];
        for (field, own, wanted) in both {
            if own != wanted {
                let message = format!(
                    "field `{field}`: not those of the definition: {}; \
                     record the figure again",
                    wanted.join(", ")
                );
                return wrong(field, message);
            }
        }
        Ok(())
    }

    fn check_runs(
        &self,
        text: &str,
        definition: &Definition,
    ) -> Result<(), (Place, String)> {
        for (index, run) in self.runs.iter().enumerate() {
            let place = |(nth, message): (usize, String)| {
                let line = line_of_step(text, index, nth);
                let (id, step) = (&run.id, nth + 1);
                let message = format!("run {id:?}, step {step}: {message}");
                (Place::Line(line), message)
            };
            for (nth, event) in run.events.iter().enumerate() {
                event
                    .check(nth + 1, &run.id, definition)
                    .map_err(|message| place((nth, message)))?;
            }
            run.check_times(definition).map_err(place)?;
            run.check_moves(definition).map_err(place)?;
            let whole = |message: String| {
                let place = format!("\"id\": {:?}", run.id);
                (Place::Text(place), format!("run {:?}, {message}", run.id))
            };
            if run.events.is_empty() {
                return Err(whole("field `events`: there are none".into()));
            }
            let predict = &definition.run[index].predict;
            predict.decider(run.events.len()).map_err(whole)?;
        }
        Ok(())
    }
}

impl Predict {
    /// The step of so many that decides the answer, counted from 1.
    ///
    /// # Errors
    /// When there is no such step.
    pub fn decider(&self, steps: usize) -> Result<usize, String> {
        let decided = self.decided.unwrap_or(steps);
        if (1..=steps).contains(&decided) {
            return Ok(decided);
        }
        Err(format!(
            "field `decided`: the number of a step, 1 to {steps}"
        ))
    }
}

/// Where in the file.
enum Place {
    Text(String),
    Line(usize),
}

impl Run {
    /// Time never goes back, and a thread does one thing at a time.
    ///
    /// # Errors
    /// Which event, counted from 0, and what is wrong with it.
    pub(crate) fn check_times(
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
}

impl Event {
    /// What is wrong with the event that should be the `nth`, counted from 1,
    /// of the run.
    ///
    /// # Errors
    /// The field, and what is allowed.
    pub(crate) fn check(
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
                check_value(state, value)
                    .and_then(|()| definition.check_room(state, value))
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
            Picture::Sequence => {
                let gaps = definition.gaps(self);
                (room(definition.lane.len(), gaps), 2)
            }
            Picture::Gantt => (12, 1),
            // It is in no picture: the table of events has the caption.
            Picture::Memory => (NAMED, 1),
        };
        let drawn =
            [("text", Some(&self.text)), ("answer", self.answer.as_ref())];
        for (field, text) in drawn {
            let Some(text) = text else { continue };
            if wrapped(&self.filled(text), room).len() > lines {
                let lines = if lines == 1 { "one line" } else { "two lines" };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Value, Word};
    use crate::tests::{PROBE_JSON as PROBE, probe, recording, word, workshop};

    #[track_caller]
    fn wrong(from: &str, to: &str, line: usize, says: &str) {
        assert!(PROBE.contains(from), "the fixture has no {from}");
        let text = PROBE.replacen(from, to, 1);
        let found = Recording::parse("p.json", &text).and_then(|recording| {
            recording.check("p.json", &text, "probe", &probe())
        });
        let fault = found.expect_err("a fault");
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

    #[test]
    fn a_thread_does_one_thing_at_a_time_and_time_does_not_go_back() {
        let definition = workshop();
        let mut run = recording("workshop").runs.swap_remove(0);
        run.check_times(&definition).unwrap();
        run.events[1].time = Some(1);
        let (nth, message) = run.check_times(&definition).unwrap_err();
        assert_eq!(nth, 1);
        assert!(message.contains("busy until 2"), "{message}");
        run.events[0].time = Some(5);
        let (nth, message) = run.check_times(&definition).unwrap_err();
        assert_eq!(nth, 1);
        assert!(message.contains("1, after 5"), "{message}");
    }
}
