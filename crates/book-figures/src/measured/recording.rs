//! Measurements, as a program prints them and as they are stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::definition::Definition;
use crate::fault::{Fault, line_of};
use crate::read;
use crate::recording::Provenance;

/// So many bars stand between a value and the tenfold one.
const BARS: f64 = 10.0;

/// A line that the measuring program prints.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printed {
    /// The definition's name for what was measured.
    pub series: String,
    /// Of lines: in which case, a number.
    #[serde(default)]
    pub case: Option<String>,
    /// Every value that was measured, above zero.
    pub values: Vec<f64>,
}

/// All measurements of a figure, as they are stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// [`VERSION`](crate::VERSION).
    pub version: u32,
    /// The figure's name: that of the file.
    pub figure: String,
    /// By which command, on what machine, when.
    pub recorded: Provenance,
    /// What was run.
    pub command: String,
    /// What was measured, in the definition's order.
    pub rows: Vec<Row>,
    /// What the recorder has written to know its own work again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// The values of a series, or of a case of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Of what.
    pub series: String,
    /// Of lines: in which case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// How many values there were.
    pub count: usize,
    /// The least of them.
    pub min: f64,
    /// Half of them are not above it.
    pub median: f64,
    /// 99 of 100 are not above it.
    pub p99: f64,
    /// The most.
    pub max: f64,
    /// Of a histogram: how many values are from 10^(key / 10) on and below
    /// 10^((key + 1) / 10).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bars: BTreeMap<i32, usize>,
}

impl Row {
    /// What is kept of a series' values.
    ///
    /// # Errors
    /// When there are none, or one is no number above zero.
    pub fn new(printed: &Printed, histogram: bool) -> Result<Row, String> {
        let Printed { series, case, .. } = printed;
        let mut values = printed.values.clone();
        values.sort_by(f64::total_cmp);
        let (Some(&min), Some(&max)) = (values.first(), values.last()) else {
            return Err(format!("{series}: no values"));
        };
        let positive = |value: &f64| value.is_finite() && *value > 0.0;
        if let Some(wrong) = values.iter().find(|value| !positive(value)) {
            return Err(format!("{series}: {wrong} is no number above zero"));
        }
        // The least value which that part of them does not exceed.
        let part = |part: f64| {
            let rank = (values.len() as f64 * part).ceil() as usize;
            values[rank.clamp(1, values.len()) - 1]
        };
        let mut bars = BTreeMap::new();
        if histogram {
            for value in &values {
                *bars.entry(bar(*value)).or_insert(0) += 1;
            }
        }
        Ok(Row {
            series: series.clone(),
            case: case.clone(),
            count: values.len(),
            min,
            median: part(0.5),
            p99: part(0.99),
            max,
            bars,
        })
    }
}

/// The bar in which a value is counted.
pub(super) fn bar(value: f64) -> i32 {
    // These are the exponents of numbers that a clock or a meter shows.
    (value.log10() * BARS).floor() as i32
}

/// The value at which a bar begins.
pub(super) fn start_of(bar: i32) -> f64 {
    10_f64.powf(f64::from(bar) / BARS)
}

impl Recording {
    /// Reads a recording; `file` is its name in messages.
    ///
    /// # Errors
    /// A [`Fault`] when it is not of this form, or of another version.
    pub fn parse(file: &str, text: &str) -> Result<Recording, Fault> {
        read::recording(file, text)
    }

    /// The recording as it is stored.
    ///
    /// # Errors
    /// None that could happen: its keys are numbers.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// What does not differ from run to run: a line for each row.
    pub fn logic(&self) -> String {
        let line = |row: &Row| {
            let case = row.case.as_deref().unwrap_or("-");
            format!("{} {case}: {} values\n", row.series, row.count)
        };
        let rows: String = self.rows.iter().map(line).collect();
        format!("{}\n{rows}", self.command)
    }

    /// The row of a series and a case.
    pub fn row(&self, series: &str, case: Option<&str>) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| row.series == series && row.case.as_deref() == case)
    }

    /// The rows of a series.
    pub fn rows_of<'a>(
        &'a self,
        series: &'a str,
    ) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| row.series == series)
    }

    /// Does it fit the definition, and do its numbers fit each other?
    ///
    /// # Errors
    /// A [`Fault`] with the line of the first row that does not.
    pub fn check(
        &self,
        (file, text): (&str, &str),
        name: &str,
        definition: &Definition,
    ) -> Result<(), Fault> {
        let fault = |line: usize, message: String| Fault {
            file: file.to_owned(),
            line,
            message,
        };
        if self.figure != name {
            let message = format!("field `figure`: the file is {name:?}");
            return Err(fault(line_of(text, "\"figure\""), message));
        }
        for (index, row) in self.rows.iter().enumerate() {
            let known = definition.series.iter().any(|s| s.id == row.series);
            let checked = if known {
                row.check(definition.is_histogram())
            } else {
                Err(format!("no [[series]] is called {:?}", row.series))
            };
            checked.map_err(|m| fault(line_of_row(text, index), m))?;
            let same = |other: &&Row| {
                other.series == row.series && other.case == row.case
            };
            if self.rows.iter().filter(same).count() > 1 {
                let message = format!("{:?} was measured twice", row.series);
                return Err(fault(line_of_row(text, index), message));
            }
        }
        for series in &definition.series {
            if self.rows_of(&series.id).next().is_none() {
                let message = format!("no row is of {:?}", series.id);
                return Err(fault(line_of(text, "\"rows\""), message));
            }
        }
        Ok(())
    }
}

impl Row {
    fn check(&self, histogram: bool) -> Result<(), String> {
        let order = [self.min, self.median, self.p99, self.max];
        if !(self.min > 0.0 && order.is_sorted() && self.max.is_finite()) {
            return Err(format!("{order:?}: not in order above zero"));
        }
        match (histogram, &self.case) {
            (true, Some(case)) => {
                return Err(format!("case {case:?}: a histogram has none"));
            }
            (false, None) => return Err("missing field `case`".to_owned()),
            (false, Some(_)) => return Ok(()),
            (true, None) => {}
        }
        let bars: usize = self.bars.values().sum();
        if bars != self.count {
            return Err(format!("{} values, {bars} in its bars", self.count));
        }
        let ends = (self.bars.keys().next(), self.bars.keys().next_back());
        if ends != (Some(&bar(self.min)), Some(&bar(self.max))) {
            return Err("its bars do not begin and end with its values".into());
        }
        Ok(())
    }
}

/// The line on which a row begins, counted from 0.
fn line_of_row(text: &str, index: usize) -> usize {
    let lines = text.lines().enumerate();
    let mut rows = lines.filter(|(_, l)| l.trim().starts_with("\"series\""));
    rows.nth(index).map_or(1, |(line, _)| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measured::tests::{QUEUE, QUEUE_JSON, figure};

    fn printed(values: &[f64]) -> Printed {
        Printed {
            series: "one".to_owned(),
            case: None,
            values: values.to_vec(),
        }
    }

    #[test]
    fn a_row_is_made_of_all_values() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        let row = Row::new(&printed(&values), true).unwrap();
        assert_eq!((row.count, row.min, row.max), (200, 1.0, 200.0));
        assert_eq!((row.median, row.p99), (100.0, 198.0));
        assert_eq!(row.bars.values().sum::<usize>(), 200);
        assert_eq!(row.bars[&0], 1, "1 is the first, and 2 in another");
        let row = Row::new(&printed(&[3.0]), false).unwrap();
        assert_eq!((row.median, row.p99), (3.0, 3.0));
        assert!(row.bars.is_empty());
        for values in [&[][..], &[0.0], &[f64::NAN], &[-1.0, 2.0]] {
            assert!(Row::new(&printed(values), true).is_err(), "{values:?}");
        }
    }

    #[test]
    fn a_value_is_counted_where_its_bar_begins() {
        for number in [1.0, 9.99, 10.0, 123.0, 50_000_000.0] {
            let own = bar(number);
            assert!(start_of(own) <= number * 1.000_001, "{number}");
            assert!(number < start_of(own + 1), "{number}");
        }
    }

    #[test]
    fn a_recording_that_does_not_fit_is_refused_at_its_row() {
        let definition = figure("queue").definition;
        for (old, new, says) in [
            ("\"queue\"", "\"cue\"", "the file is"),
            ("\"series\": \"two\"", "\"series\": \"three\"", "\"three\""),
            ("\"series\": \"two\"", "\"series\": \"one\"", "twice"),
            ("\"count\": 8", "\"count\": 9", "9 values, 8 in its bars"),
            ("\"p99\": 800000.0", "\"p99\": 900000.0", "not in order"),
            ("\"min\": 2000.0", "\"min\": 200.0", "begin and end"),
        ] {
            let broken = QUEUE_JSON.replacen(old, new, 1);
            assert_ne!(broken, QUEUE_JSON, "{old}");
            let files = ("r.json", &*broken);
            let fault = Recording::parse(files.0, files.1)
                .unwrap()
                .check(files, "queue", &definition)
                .unwrap_err();
            assert!(fault.message.contains(says), "{fault}");
            assert!(fault.line > 1, "{fault}");
        }
        assert!(QUEUE.contains("histogram"));
        let old = QUEUE_JSON.replacen("\"version\": 1", "\"version\": 0", 1);
        let fault = Recording::parse("r.json", &old).unwrap_err();
        assert_eq!(fault.line, 2, "{fault}");
    }

    #[test]
    fn what_differs_from_run_to_run_is_not_in_the_logic() {
        let recording = figure("queue").recording;
        let logic = recording.logic();
        let mut other = recording.clone();
        other.rows[0].max *= 2.0;
        assert_eq!(other.logic(), logic);
        other.rows[0].count += 1;
        assert_ne!(other.logic(), logic);
        let text = recording.to_json().unwrap();
        assert_eq!(Recording::parse("r", &text).unwrap().logic(), logic);
    }
}
