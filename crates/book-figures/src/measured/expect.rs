//! What must hold of measurements, as a comparison of two products:
//! `task.p99 > 100 * nothing.p99`, `calls.1000.median < 2.2`,
//! `task.max >= 40ms`.

use super::definition::Definition;
use super::recording::{Recording, Row};
use crate::plot::scale::TIMES;
use crate::text::measured;

/// A value of a row.
type Statistic = fn(&Row) -> f64;
/// Does it hold of two numbers?
type Operator = fn(f64, f64) -> bool;

/// What a row has, by name.
const STATISTICS: [(&str, Statistic); 5] = [
    ("count", |row| row.count as f64),
    ("min", |row| row.min),
    ("median", |row| row.median),
    ("p99", |row| row.p99),
    ("max", |row| row.max),
];

const OPERATORS: [(&str, Operator); 5] = [
    ("<", |a, b| a < b),
    ("<=", |a, b| a <= b),
    ("=", |a, b| a == b),
    (">=", |a, b| a >= b),
    (">", |a, b| a > b),
];

/// Two products, and how they compare.
#[derive(Debug)]
pub(super) struct Comparison {
    left: Vec<Term>,
    operator: usize,
    right: Vec<Term>,
}

#[derive(Debug)]
enum Term {
    Number(f64),
    Statistic {
        series: String,
        case: Option<String>,
        which: usize,
    },
}

impl Comparison {
    /// Reads a comparison of a figure's numbers.
    ///
    /// # Errors
    /// Which word is none that may stand there, and what may.
    pub(super) fn parse(
        definition: &Definition,
        text: &str,
    ) -> Result<Comparison, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let operator =
            |word: &&str| OPERATORS.iter().position(|(name, _)| name == word);
        let Some(at) = words.iter().position(|word| operator(word).is_some())
        else {
            return Err(format!("{text:?} compares nothing: <, <=, =, >=, >"));
        };
        let (left, right) = (&words[..at], &words[at + 1..]);
        // A time without series has the unit of what it is compared with.
        let unit = words.iter().find_map(|word| {
            let (series, _) = word.split_once('.')?;
            let known = definition.series.iter().any(|own| own.id == series);
            known.then(|| definition.unit_of(series))
        });
        let unit = unit.ok_or_else(|| {
            format!("{text:?} names no series, such as SERIES.max")
        })?;
        Ok(Comparison {
            left: product(definition, unit, left)?,
            operator: operator(&words[at]).unwrap_or_default(),
            right: product(definition, unit, right)?,
        })
    }

    /// Does it hold of a recording?
    ///
    /// # Errors
    /// The numbers, if it does not, or what the recording lacks.
    pub(super) fn holds(&self, recording: &Recording) -> Result<(), String> {
        let left = value(&self.left, recording)?;
        let right = value(&self.right, recording)?;
        let (name, compare) = OPERATORS[self.operator];
        if compare(left, right) {
            return Ok(());
        }
        let (left, right) = (measured(left), measured(right));
        Err(format!("it is not so that {left} {name} {right}"))
    }
}

fn product(
    definition: &Definition,
    unit: &str,
    words: &[&str],
) -> Result<Vec<Term>, String> {
    let mut terms = Vec::new();
    for (index, word) in words.iter().enumerate() {
        match (index % 2, *word) {
            (0, word) => terms.push(term(definition, unit, word)?),
            (_, "*") => {}
            (_, word) => return Err(format!("{word:?}: a `*` stands there")),
        }
    }
    if words.len().is_multiple_of(2) {
        return Err("a number or SERIES.max is missing".to_owned());
    }
    Ok(terms)
}

fn term(
    definition: &Definition,
    unit: &str,
    word: &str,
) -> Result<Term, String> {
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return number(unit, word).map(Term::Number);
    }
    let parts: Vec<&str> = word.split('.').collect();
    let (series, case, statistic) = match parts[..] {
        [series, statistic] => (series, None, statistic),
        [series, case, statistic] => (series, Some(case), statistic),
        _ => ("", None, ""),
    };
    if !definition.series.iter().any(|own| own.id == series) {
        return Err(format!("{word:?} is of no series"));
    }
    let which = STATISTICS.iter().position(|(name, _)| *name == statistic);
    let which = which.ok_or_else(|| {
        let names = STATISTICS.map(|(name, _)| name).join(", ");
        format!("{word:?} ends with none of {names}")
    })?;
    match (definition.is_histogram(), case) {
        (true, Some(_)) => Err(format!("{word:?}: a histogram has no cases")),
        (false, None) => Err(format!("{word:?}: SERIES.CASE.{statistic}")),
        _ => Ok(Term::Statistic {
            series: series.to_owned(),
            case: case.map(str::to_owned),
            which,
        }),
    }
}

/// A number, or a time such as `40ms` in the figure's unit.
fn number(unit: &str, word: &str) -> Result<f64, String> {
    let letters =
        word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let digits = &word[..word.len() - letters.len()];
    let wrong = || format!("{word:?} is no number");
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    if letters.is_empty() {
        return Ok(number);
    }
    let nanos = |name: &str| {
        let found = TIMES.iter().find(|(own, _)| *own == name);
        found.map(|(_, nanos)| nanos)
    };
    match (nanos(letters), nanos(unit)) {
        (Some(given), Some(own)) => Ok(number * given / own),
        _ => Err(format!("{word:?} is no number of the unit {unit:?}")),
    }
}

fn value(terms: &[Term], recording: &Recording) -> Result<f64, String> {
    let mut product = 1.0;
    for term in terms {
        product *= match term {
            Term::Number(number) => *number,
            Term::Statistic {
                series,
                case,
                which,
            } => {
                let row = recording.row(series, case.as_deref());
                let row = row.ok_or_else(|| {
                    let case = case.as_deref().unwrap_or("");
                    format!("the recording has no {series} {case}")
                })?;
                (STATISTICS[*which].1)(row)
            }
        };
    }
    Ok(product)
}

#[cfg(test)]
mod tests {
    use super::Comparison;
    use crate::measured::tests::figure;

    #[track_caller]
    fn holds(name: &str, that: &str) -> Result<(), String> {
        let figure = figure(name);
        Comparison::parse(&figure.definition, that)
            .expect("it can be read")
            .holds(&figure.recording)
    }

    #[test]
    fn products_of_statistics_are_compared() {
        assert_eq!(holds("queue", "two.p99 < one.p99"), Ok(()));
        assert_eq!(holds("queue", "one.max > 2 * two.max"), Ok(()));
        assert_eq!(holds("queue", "one.count = 8"), Ok(()));
        assert_eq!(holds("queue", "one.max >= 0.5ms"), Ok(()));
        assert_eq!(holds("loaf", "3 <= flour.10.median * 2"), Ok(()));
        let error = holds("queue", "one.max < 0.5ms").unwrap_err();
        assert_eq!(error, "it is not so that 800,000 < 500,000");
        let error = holds("loaf", "flour.7.max < 1").unwrap_err();
        assert!(error.contains("has no flour 7"), "{error}");
    }

    #[test]
    fn what_is_no_comparison_is_refused() {
        let queue = figure("queue").definition;
        for (that, says) in [
            ("one.max", "compares nothing"),
            ("1 < 2", "names no series"),
            ("one.max > ", "is missing"),
            ("one.max > 2 one.min", "a `*`"),
            ("one.max > 2 *", "is missing"),
            ("one.max > three.max", "is of no series"),
            ("one.max > one.best", "ends with none of"),
            ("one.7.max > 1", "has no cases"),
            ("one.max > 1m", "is no number of the unit"),
            ("one.max > 1.2.3", "is no number"),
        ] {
            let error = Comparison::parse(&queue, that).unwrap_err();
            assert!(error.contains(says), "{that}: {error}");
        }
        let loaf = figure("loaf").definition;
        for (that, says) in [
            ("flour.max > 1", "SERIES.CASE.max"),
            ("flour.1.max > 1ms", "of the unit \"g\""),
        ] {
            let error = Comparison::parse(&loaf, that).unwrap_err();
            assert!(error.contains(says), "{that}: {error}");
        }
    }
}
