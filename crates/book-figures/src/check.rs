//! Does a definition keep the rules? What is wrong is told with a text that
//! stands near it in the file.

use std::collections::HashSet;

use crate::definition::{
    Definition, Lane, Picture, Predict, Record, Recorder, Run, Show, State,
};
use crate::event::{Clock, Value, Word};
use crate::measure::{NAME_COLUMNS, name_columns, wrapped};

impl Definition {
    /// What is wrong, and a text near it.
    pub(crate) fn check(&self) -> Result<(), (String, String)> {
        for (field, text) in [("title", &self.title), ("alt", &self.alt)] {
            if text.trim().is_empty() {
                return Err((field.into(), format!("field `{field}`: empty")));
            }
        }
        let (most, room) = match self.picture {
            Picture::Sequence | Picture::Memory => {
                (4, "[[lane]]: one to four fit side by side")
            }
            Picture::Gantt => (8, "[[lane]]: one to eight fit into a picture"),
        };
        if !(1..=most).contains(&self.lane.len()) {
            return Err(("[[lane]]".into(), room.into()));
        }
        if self.run.is_empty() {
            return Err(("[record]".into(), "[[run]]: there is none".into()));
        }
        let lanes = unique("lane", self.lane.iter().map(|lane| &lane.id))?;
        let states = unique("state", self.state.iter().map(|state| &state.id))?;
        let runs = unique("run", self.run.iter().map(|run| &run.id))?;
        let rules = unique("rule", self.rule.iter().map(|rule| &rule.id))?;
        for run in &self.run {
            let place = match self.runs {
                Some(_) => "[runs]".to_owned(),
                None => quoted(&run.id),
            };
            run.check(self.record.kind)
                .map_err(|message| (place, message))?;
        }
        for lane in &self.lane {
            self.check_lane(lane).map_err(|message| {
                (quoted(lane.written.as_ref().unwrap_or(&lane.id)), message)
            })?;
        }
        for state in &self.state {
            known("runs", &state.runs, &runs)
                .map_err(|message| (quoted(&state.id), message))?;
            if state.show == Show::Cells && !(1..=16).contains(&state.size) {
                let message = "field `size`: 1 to 16 cells".to_owned();
                return Err((quoted(&state.id), message));
            }
            check_value(state, &state.start).map_err(|message| {
                (quoted(&state.id), format!("field `start`: {message}"))
            })?;
        }
        for rule in &self.rule {
            let place = |message: String| (quoted(&rule.id), message);
            known("runs", &rule.runs, &runs).map_err(place)?;
            known("start-after", &rule.start_after, &rules).map_err(place)?;
            known("end-after", &rule.end_after, &rules).map_err(place)?;
            for sketch in rule.start.iter().chain(&rule.end) {
                let own = [sketch.lane.clone()];
                known("lane", &own, &lanes).map_err(place)?;
                let names: Vec<String> = sketch.state.keys().cloned().collect();
                known("state", &names, &states).map_err(place)?;
            }
        }
        self.check_memory()?;
        self.check_recorder()
    }

    fn check_lane(&self, lane: &Lane) -> Result<(), String> {
        if self.picture == Picture::Gantt {
            let width = lane.label.chars().count();
            return if width <= NAME_COLUMNS {
                Ok(())
            } else {
                Err(format!(
                    "field `label`: {width} characters; beside a row there is \
                     room for {} characters",
                    NAME_COLUMNS
                ))
            };
        }
        if lane.each.is_some() {
            return Err("field `each`: for a Gantt chart only".to_owned());
        }
        let room = name_columns(self.lane.len());
        match wrapped(&lane.label, room).len() {
            0..=2 => Ok(()),
            _ => Err(format!(
                "field `label`: more than two lines of {room} characters"
            )),
        }
    }

    fn check_recorder(&self) -> Result<(), (String, String)> {
        let Record {
            kind,
            package,
            from,
            clock,
            unit,
            ..
        } = &self.record;
        let simulated = *clock == Clock::Simulated;
        let message = match kind {
            Recorder::Drawn if !self.note.starts_with("Drawn by hand") => {
                "what is drawn needs a `note` that begins \"Drawn by hand\" and \
                 says why"
            }
            Recorder::Drawn
                if !package.is_empty() || simulated || self.runs.is_some() =>
            {
                "what is drawn has no package, no clock and no [runs]"
            }
            Recorder::Drawn if !self.rule.is_empty() => {
                "a [[rule]] is for strace; what is drawn has [[run.event]]"
            }
            Recorder::Program | Recorder::Strace if package.is_empty() => {
                "missing field `package`: the one that has the examples"
            }
            Recorder::Strace if self.rule.is_empty() => {
                "strace needs [[rule]]: what its lines mean"
            }
            Recorder::Strace if from.is_empty() => {
                "strace needs `from`: the first call of interest"
            }
            Recorder::Strace if simulated => "strace knows the wall clock only",
            Recorder::Program if !self.rule.is_empty() => {
                "a [[rule]] is for strace; a program prints events"
            }
            _ if self.compare().is_some() && self.picture != Picture::Gantt => {
                "[runs.compare]: of a Gantt chart only"
            }
            _ if self.picture == Picture::Gantt && !simulated => {
                "a Gantt chart needs `clock = \"simulated\"`"
            }
            _ if simulated == unit.trim().is_empty() => {
                "field `unit`: what a simulated clock counts, such as \"s\""
            }
            _ => return Ok(()),
        };
        Err(("[record]".to_owned(), message.to_owned()))
    }
}

impl Predict {
    /// Can the question be asked and answered?
    pub(crate) fn check(&self) -> Result<(), String> {
        let Predict {
            ask,
            choices,
            right,
            why,
            decided: _,
        } = self;
        if ask.trim().is_empty() || why.trim().is_empty() {
            return Err("[predict]: `ask` and `why` say something".into());
        }
        if choices.len() < 2 {
            return Err("field `choices`: at least two".into());
        }
        let mut sorted: Vec<&str> = choices.iter().map(|c| c.trim()).collect();
        sorted.sort_unstable();
        if let Some(same) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!(
                "field `choices`: {:?} is there twice",
                same[0]
            ));
        }
        if !(1..=choices.len()).contains(right) {
            return Err(format!(
                "field `right`: the number of a choice, 1 to {}",
                choices.len()
            ));
        }
        Ok(())
    }
}

impl Run {
    fn check(&self, recorder: Recorder) -> Result<(), String> {
        self.predict.check()?;
        if recorder == Recorder::Drawn {
            if !self.example.is_empty() || !self.args.is_empty() {
                return Err("field `example`: what is drawn runs none".into());
            }
            if self.event.is_empty() {
                return Err("[[run.event]]: what is drawn has some".into());
            }
        } else {
            if self.example.is_empty() {
                return Err("missing field `example`".into());
            }
            if !self.event.is_empty() {
                return Err("[[run.event]]: only with kind = \"drawn\"".into());
            }
            if self.code.is_empty() {
                let message = "field `code`: the code that the steps execute";
                return Err(message.into());
            }
        }
        for code in &self.code {
            if code.anchor.is_some() == code.item.is_some() {
                return Err("field `code`: one of `anchor` and `item`".into());
            }
        }
        Ok(())
    }
}

pub(crate) fn quoted(id: &str) -> String {
    format!("id = {id:?}")
}

pub(crate) fn unique<'a>(
    what: &str,
    ids: impl Iterator<Item = &'a String>,
) -> Result<HashSet<&'a str>, (String, String)> {
    let mut seen = HashSet::new();
    for id in ids {
        let good = !id.is_empty()
            && id.chars().all(|c| {
                c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
            });
        let wrong = if !good {
            "lower-case letters, digits and hyphens"
        } else if !seen.insert(id.as_str()) {
            "there is another one of that name"
        } else {
            continue;
        };
        let message = format!("[[{what}]], field `id`: {id:?}: {wrong}");
        return Err((quoted(id), message));
    }
    Ok(seen)
}

fn known(
    field: &str,
    names: &[String],
    known: &HashSet<&str>,
) -> Result<(), String> {
    for name in names {
        if !known.contains(name.as_str()) {
            let mut known: Vec<&str> = known.iter().copied().collect();
            known.sort_unstable();
            return Err(format!(
                "field `{field}`: {name:?} is unknown; there are: {}",
                known.join(", ")
            ));
        }
    }
    Ok(())
}

/// Can the value be shown so?
///
/// # Errors
/// What is allowed.
pub(crate) fn check_value(state: &State, value: &Value) -> Result<(), String> {
    match (state.show, value) {
        (Show::Words, Value::Words(words)) => check_words(words),
        (Show::Words, _) => Err(format!(
            "{:?} shows words: a list of rows with `at` and `value`",
            state.id
        )),
        (_, Value::Words(_)) => Err(format!(
            "{:?} shows a number or a text; rows need `show = \"words\"`",
            state.id
        )),
        _ => Ok(()),
    }
}

/// How many characters of a word's columns fit on a phone.
const WORD_COLUMNS: [usize; 2] = [14, 20];
/// More rows are no picture.
const WORDS: usize = 16;

/// What is wrong with a list of words.
///
/// # Errors
/// The field, and what is allowed.
fn check_words(words: &[Word]) -> Result<(), String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    use crate::tests::{PROBE, word};

    #[track_caller]
    fn wrong(from: &str, to: &str, line: usize, says: &str) {
        assert!(PROBE.contains(from), "the fixture has no {from}");
        let text = PROBE.replacen(from, to, 1);
        let fault = Definition::parse("p.toml", &text).expect_err("a fault");
        assert!(fault.message.contains(says), "{fault}");
        assert_eq!(fault.line, line, "{fault}");
    }

    #[test]
    fn faults_name_the_line_the_field_and_what_is_allowed() {
        wrong("title =", "titel =", 2, "unknown field `titel`");
        wrong("title = \"", "title = \"\" # ", 2, "`title`: empty");
        wrong("\"program\"", "\"prog\"", 6, "unknown variant `prog`");
        wrong(
            "kind = \"program\"",
            "kind = \"strace\"",
            5,
            "needs [[rule]]",
        );
        wrong("id = \"kernel\"", "id = \"program\"", 10, "another one");
        wrong("id = \"edge\"", "id = \"Edge\"", 39, "lower-case letters");
        wrong("right = 2", "right = 4", 39, "a choice, 1 to 3");
        wrong("size = 8", "size = 0", 19, "1 to 16 cells");
        wrong("show = \"cells\"", "show = \"words\"", 19, "a list of rows");
        wrong(
            "start = 0",
            "start = [{ at = \"a\", value = \"b\" }]",
            19,
            "rows",
        );
        wrong("example = \"probe\"", "", 26, "missing field `example`");
        wrong(
            "kind = \"program\"",
            "kind = \"drawn\"",
            26,
            "what is drawn runs none",
        );
        wrong(
            "label = \"Kernel\"",
            "label = \"A kernel whose name never comes to its end, for it is \
             wide, and then wider\"",
            15,
            "more than two lines",
        );
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
}
