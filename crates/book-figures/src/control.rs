//! Controls: how a reader chooses among many runs, and the one table that
//! stands for all of these runs.

use crate::check::{quoted, unique};
use crate::definition::{
    Choice, Code, Compare, Control, ControlKind, Definition, Lane, Run,
    Template,
};

/// More runs than this make a page that nobody waits for.
const RUNS: usize = 40;
/// As many letters name a strip.
const STRIP_COLUMNS: usize = 12;

impl Definition {
    /// Makes the lanes that `each` stands for, and the runs of `[runs]`.
    pub(crate) fn expand(&mut self) -> Result<(), (String, String)> {
        unique("control", self.control.iter().map(|control| &control.id))?;
        for control in &self.control {
            control
                .check()
                .map_err(|message| (quoted(&control.id), message))?;
            unique("control.values", control.values.iter().map(|v| &v.id))?;
        }
        self.lane = lanes(&self.lane, &self.control)
            .map_err(|(id, message)| (quoted(&id), message))?;
        let Some(template) = &self.runs else {
            if self.control.is_empty() {
                return Ok(());
            }
            let message = "[[control]]: [runs] says what is run by it";
            return Err(("[[control]]".into(), message.into()));
        };
        if self.control.is_empty() || !self.run.is_empty() {
            let message = "[runs]: with a [[control]], and without a [[run]]";
            return Err(("[runs]".into(), message.into()));
        }
        self.run = template
            .runs(&self.control)
            .map_err(|message| ("[runs]".to_owned(), message))?;
        Ok(())
    }
}

impl Control {
    /// The values that it can have.
    pub fn options(&self) -> Vec<Choice> {
        match self.kind {
            ControlKind::Choice => self.values.clone(),
            ControlKind::Range => (self.from..=self.to)
                .map(|number| Choice {
                    id: number.to_string(),
                    label: number.to_string(),
                    short: number.to_string(),
                })
                .collect(),
        }
    }

    /// Which of them it has at first, counted from 0.
    pub fn first(&self) -> usize {
        let start = self.start.unwrap_or(self.from);
        // It is checked to lie between `from` and `to`; these are small.
        (start - self.from) as usize
    }

    /// What is wrong with it.
    ///
    /// # Errors
    /// The field, and what is allowed.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.label.trim().is_empty() {
            return Err("field `label`: empty".to_owned());
        }
        match self.kind {
            ControlKind::Choice if self.values.len() < 2 => {
                Err("field `values`: at least two".to_owned())
            }
            ControlKind::Choice
                if self.from != 0 || self.to != 0 || self.start.is_some() =>
            {
                Err("fields `from`, `to`, `start`: of a range only".to_owned())
            }
            ControlKind::Range if !self.values.is_empty() => {
                Err("field `values`: of a choice only".to_owned())
            }
            ControlKind::Range if self.from >= self.to => {
                Err("fields `from` and `to`: at least two numbers".to_owned())
            }
            ControlKind::Range
                if self.start.is_some_and(|s| s < self.from || s > self.to) =>
            {
                Err(format!("field `start`: {} to {}", self.from, self.to))
            }
            _ => Ok(()),
        }
    }
}

impl Choice {
    /// The value in a word.
    fn word(&self) -> &String {
        match self.short.is_empty() {
            true => &self.id,
            false => &self.short,
        }
    }
}

impl Compare {
    /// Is there something to compare, and does a name fit beside its strip?
    fn check(&self, runs: &[Run]) -> Result<(), String> {
        if self.runs.len() < 2 {
            return Err("field `compare.runs`: at least two".to_owned());
        }
        let wide = |run: &&Run| run.short.chars().count() > STRIP_COLUMNS;
        match runs.iter().find(wide) {
            None => Ok(()),
            Some(run) => Err(format!(
                "field `compare.name`: {:?} has more than {STRIP_COLUMNS} \
                 characters",
                run.short
            )),
        }
    }
}

impl Template {
    /// One run for each combination of values, the last control's values
    /// fastest.
    ///
    /// # Errors
    /// When there are too many, or `key` names one that there is not.
    pub(crate) fn runs(
        &self,
        controls: &[Control],
    ) -> Result<Vec<Run>, String> {
        let mut combinations: Vec<Vec<usize>> = vec![Vec::new()];
        for control in controls {
            let count = control.options().len();
            combinations = combinations
                .iter()
                .flat_map(|before| {
                    (0..count).map(move |value| {
                        let mut values = before.clone();
                        values.push(value);
                        values
                    })
                })
                .collect();
        }
        if combinations.len() > RUNS {
            return Err(format!(
                "[[control]]: {} combinations; at most {RUNS}",
                combinations.len()
            ));
        }
        let runs: Vec<Run> = combinations
            .into_iter()
            .map(|values| self.run(controls, values))
            .collect();
        if self.key.is_empty() {
            return Err("field `key`: the runs that print shows".to_owned());
        }
        let known = |field: &str, keys: &[String]| {
            let ids: Vec<&str> = runs.iter().map(|run| &*run.id).collect();
            match keys.iter().find(|key| !ids.contains(&key.as_str())) {
                None => Ok(()),
                Some(key) => Err(format!(
                    "field `{field}`: {key:?} is no run; there are: {}",
                    ids.join(", ")
                )),
            }
        };
        known("key", &self.key)?;
        if let Some(compare) = &self.compare {
            known("compare.runs", &compare.runs)?;
            compare.check(&runs)?;
        }
        Ok(runs)
    }

    fn run(&self, controls: &[Control], values: Vec<usize>) -> Run {
        let chosen: Vec<(&Control, Choice)> = controls
            .iter()
            .zip(&values)
            .map(|(control, &value)| {
                (control, control.options().swap_remove(value))
            })
            .collect();
        let fill = |text: &str, what: fn(&Choice) -> &String| {
            chosen
                .iter()
                .fold(text.to_owned(), |text, (control, choice)| {
                    text.replace(&format!("{{{}}}", control.id), what(choice))
                })
        };
        let id = |text: &str| fill(text, |choice| &choice.id);
        let ids: Vec<&str> = chosen.iter().map(|(_, c)| &*c.id).collect();
        let run_id = ids.join("-");
        let name = self.compare.as_ref().map_or("", |own| &own.name);
        Run {
            short: fill(name, Choice::word),
            label: fill(&self.label, |choice| &choice.label),
            example: self.example.clone(),
            args: self.args.iter().map(|text| id(text)).collect(),
            code: self
                .code
                .iter()
                .map(|code| Code {
                    file: code.file.clone(),
                    anchor: code.anchor.as_deref().map(id),
                    item: code.item.as_deref().map(id),
                })
                .collect(),
            predict: self.predict.clone(),
            event: Vec::new(),
            key: self.key.contains(&run_id),
            id: run_id,
            values,
        }
    }
}

/// A lane with `each` stands for as many as its control's greatest number.
///
/// # Errors
/// The lane's name and what is wrong, when there is no such range.
pub(crate) fn lanes(
    lanes: &[Lane],
    controls: &[Control],
) -> Result<Vec<Lane>, (String, String)> {
    let mut all = Vec::new();
    for lane in lanes {
        let Some(each) = &lane.each else {
            all.push(lane.clone());
            continue;
        };
        let range = controls.iter().find(|control| {
            control.id == *each && control.kind == ControlKind::Range
        });
        let message = match range {
            None => format!("field `each`: {each:?} is no range"),
            Some(_) if !lane.id.contains("{n}") => {
                "field `id`: `{n}` stands for the number of `each`".to_owned()
            }
            Some(range) => {
                all.extend((1..=range.to).map(|number| {
                    let fill =
                        |text: &str| text.replace("{n}", &number.to_string());
                    Lane {
                        id: fill(&lane.id),
                        label: fill(&lane.label),
                        shape: lane.shape,
                        each: lane.each.clone(),
                        number,
                        written: Some(lane.id.clone()),
                    }
                }));
                continue;
            }
        };
        return Err((lane.id.clone(), message));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use crate::definition::Definition;
    use crate::tests::{WORKSHOP, workshop};

    #[test]
    fn one_table_stands_for_every_combination() {
        let definition = workshop();
        let ids: Vec<&str> =
            definition.run.iter().map(|run| &*run.id).collect();
        assert_eq!(ids, ["wait-1", "wait-2", "switch-1", "switch-2"]);
        let run = &definition.run[3];
        assert_eq!(run.label, "takes another job, 2 workers");
        assert_eq!(run.args, ["switch", "2"]);
        assert_eq!(run.code[0].anchor.as_deref(), Some("switch"));
        assert_eq!(run.values, [1, 1]);
        let keys: Vec<bool> = definition.run.iter().map(|r| r.key).collect();
        assert_eq!(keys, [true, false, false, true]);
        assert_eq!(definition.control[1].first(), 1);
    }

    #[test]
    fn a_run_has_as_many_lanes_as_its_control_says() {
        let definition = workshop();
        let lanes = |run: &str| {
            definition.lanes(run).map(|l| &*l.id).collect::<Vec<_>>()
        };
        assert_eq!(lanes("wait-1"), ["worker-1", "aside"]);
        assert_eq!(lanes("switch-2"), ["worker-1", "worker-2", "aside"]);
    }

    /// The number stands for itself alone, whatever other digits an id has.
    #[test]
    fn an_id_may_have_digits_of_its_own() {
        let text = WORKSHOP
            .replace("worker-{n}", "1-of-{n}")
            .replace("worker-1", "1-of-1")
            .replace("worker-2", "1-of-2");
        let definition =
            Definition::parse("w.toml", &text).expect("it is well");
        let lanes: Vec<_> = definition
            .lanes("switch-2")
            .map(|lane| (&*lane.id, lane.written.as_deref()))
            .collect();
        let written = Some("1-of-{n}");
        let both = [("1-of-1", written), ("1-of-2", written)];
        assert_eq!(lanes[..2], both);
    }

    #[track_caller]
    fn wrong(from: &str, to: &str, line: usize, says: &str) {
        assert!(WORKSHOP.contains(from), "the fixture has no {from}");
        let text = WORKSHOP.replacen(from, to, 1);
        let fault = Definition::parse("w.toml", &text).expect_err("a fault");
        assert!(fault.message.contains(says), "{fault}");
        assert_eq!(fault.line, line, "{fault}");
    }

    #[test]
    fn faults_name_the_line_the_field_and_what_is_allowed() {
        wrong("to = 2", "to = 1", 41, "at least two numbers");
        wrong("start = 2", "start = 3", 41, "field `start`: 1 to 2");
        wrong("to = 2", "to = 99", 48, "at most 40");
        wrong(
            "kind = \"choice\"",
            "kind = \"range\"",
            32,
            "of a choice only",
        );
        wrong("\"wait-1\"", "\"wait-9\"", 48, "\"wait-9\" is no run");
        wrong("[\"wait-2\",", "[\"wait-3\",", 48, "compare.runs");
        wrong(
            "[\"wait-2\", \"switch-1\"]",
            "[\"wait-2\"]",
            48,
            "at least two",
        );
        wrong(
            "{workers} {way}",
            "{workers} who {way}s",
            48,
            "12 characters",
        );
        wrong("each = \"workers\"", "each = \"way\"", 17, "is no range");
        wrong("worker-{n}", "worker", 17, "`{n}` stands for");
        wrong("clock = \"simulated\"", "", 9, "needs `clock =");
        wrong("unit = \"s\"", "unit = \"\"", 9, "field `unit`");
        wrong("\"Worker {n}\"", "\"Labourer {n}\"", 17, "9 characters");
    }

    /// The number of a lane can be one of the digits of its name.
    #[test]
    fn a_lane_with_other_digits_in_its_name_is_found() {
        let text = WORKSHOP
            .replacen("\"worker-{n}\"", "\"worker-1-{n}\"", 1)
            .replacen("\"Worker {n}\"", "\"Labourer {n}\"", 1);
        let fault = Definition::parse("w.toml", &text).expect_err("a fault");
        assert!(fault.message.contains("9 characters"), "{fault}");
        assert_eq!(fault.line, 17, "{fault}");
    }
}
