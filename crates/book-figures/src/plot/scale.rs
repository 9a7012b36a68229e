//! Scales, and the numbers that stand at them.

use crate::text::measured;

/// A scale is logarithmic if its ends differ by this factor.
const WIDE: f64 = 20.0;

/// From a value to its part of the length, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) log: bool,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Scale {
    /// Of what the values count, from the first one on: logarithmic if they
    /// differ much.
    pub(crate) fn of_cases(values: impl Iterator<Item = f64>) -> Scale {
        let (low, high) = ends(values);
        let log = high / low >= WIDE;
        Scale { log, low, high }
    }

    /// Logarithmic if the values differ much, else from zero.
    pub(crate) fn of_values(values: impl Iterator<Item = f64>) -> Scale {
        let (low, high) = ends(values);
        if high / low >= WIDE {
            return Scale {
                log: true,
                low,
                high,
            };
        }
        Scale {
            log: false,
            low: 0.0,
            high,
        }
    }

    pub(crate) fn part(&self, value: f64) -> f64 {
        if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// Round values, neither so few that one must guess nor so many that they
    /// touch each other.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        let tens = |from: i32, to: i32| (from..=to).map(|e| 10_f64.powi(e));
        let inside = |value: &f64| {
            *value >= self.low * 0.999 && *value <= self.high * 1.001
        };
        if !self.log {
            let step = tens(-6, 15)
                .flat_map(|ten| [ten, 2.0 * ten, 5.0 * ten])
                .find(|step| self.high / step <= 6.0)
                .unwrap_or(self.high);
            let mut ticks = Vec::new();
            let mut value = 0.0;
            while value <= self.high {
                ticks.push(value);
                value += step;
            }
            ticks.retain(inside);
            return ticks;
        }
        // These are the exponents of numbers that a clock or a meter shows.
        let (from, to) = (
            self.low.log10().floor() as i32,
            self.high.log10().ceil() as i32,
        );
        let all: Vec<f64> = tens(from, to).filter(inside).collect();
        if all.len() > 7 {
            return all.into_iter().step_by(2).collect();
        }
        if all.len() > 2 {
            return all;
        }
        tens(from, to)
            .flat_map(|ten| [ten, 2.0 * ten, 5.0 * ten])
            .filter(inside)
            .collect()
    }
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, 0.0), |(low, high), value| {
        (low.min(value), f64::max(high, value))
    })
}

/// A case as a number: "100,000" is one.
pub(crate) fn number(case: &str) -> Result<f64, String> {
    let number: Option<f64> = case.replace(',', "").parse().ok();
    number
        .filter(|number| number.is_finite() && *number > 0.0)
        .ok_or_else(|| {
            format!(
                "the case {case:?} is no number above zero: {{{{#bench …}}}} \
                 shows such a group"
            )
        })
}

/// The units of time, in nanoseconds.
pub(crate) const TIMES: [(&str, f64); 4] =
    [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];

pub(crate) fn is_time(unit: &str) -> bool {
    TIMES.iter().any(|(name, _)| *name == unit)
}

/// A measurement as it is read: three digits, and a time in the unit in which
/// it is short.
pub(crate) fn worded(value: f64, unit: &str) -> String {
    match in_short(value, unit) {
        Some((value, name)) => format!("{} {name}", measured(value)),
        None if unit == COUNT => measured(value),
        None => format!("{} {unit}", measured(value)),
    }
}

/// The unit of what is only counted.
pub(crate) const COUNT: &str = "count";

/// A time in the greatest unit of which it has one.
fn in_short(value: f64, unit: &str) -> Option<(f64, &'static str)> {
    let (_, nanos) = TIMES.iter().find(|(name, _)| *name == unit)?;
    let all = value * nanos;
    let (name, size) = TIMES
        .iter()
        .rfind(|(_, size)| all >= size * 0.999)
        .unwrap_or(&TIMES[0]);
    Some((all / size, name))
}

/// Which of the words at such parts of a field would touch their neighbour, if
/// the field is only so wide, in letters.
pub(crate) fn touching(words: &[(f64, String)], width: f64) -> Vec<bool> {
    let mut end = f64::NEG_INFINITY;
    let touches = |(part, words): &(f64, String)| {
        let half = words.chars().count() as f64 / 2.0;
        let place = part * width;
        let touches = place - half < end;
        if !touches {
            end = place + half + 1.0;
        }
        touches
    };
    words.iter().map(touches).collect()
}

/// A tick's label: times in the unit in which they are short, counts with
/// commas, then with k, M and G.
pub(crate) fn tick(value: f64, unit: &str) -> String {
    if let Some((value, name)) = in_short(value, unit).filter(|_| value > 0.0) {
        return format!("{} {name}", short(value));
    }
    // A thousand is shorter with its comma.
    let sizes = [("G", 1e9, 1e9), ("M", 1e6, 1e6), ("k", 1e3, 1e4)];
    for (name, size, least) in sizes {
        if value >= least * 0.999 {
            return format!("{} {name}", short(value / size));
        }
    }
    short(value)
}

/// Without digits that a round number does not have.
fn short(value: f64) -> String {
    if value >= 1000.0 {
        measured(value.round())
    } else {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_logarithmic_where_values_differ_much() {
        let small = Scale::of_values([40.0, 100.0].into_iter());
        assert_eq!((small.log, small.low), (false, 0.0));
        assert_eq!(small.part(50.0), 0.5);
        assert_eq!(small.ticks(), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        let wide = Scale::of_values([1.0, 10_000.0].into_iter());
        assert!(wide.log);
        assert!((wide.part(100.0) - 0.5).abs() < 1e-9);
        assert_eq!(wide.ticks(), [1.0, 10.0, 100.0, 1000.0, 10_000.0]);
        let between = Scale::of_values([3.0, 70.0].into_iter());
        assert_eq!(between.ticks(), [5.0, 10.0, 20.0, 50.0]);
    }

    #[test]
    fn cases_start_at_the_first_one() {
        let few = Scale::of_cases([1.0, 5.0].into_iter());
        assert_eq!((few.log, few.part(1.0), few.part(3.0)), (false, 0.0, 0.5));
        assert_eq!(few.ticks(), [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!(Scale::of_cases([1.0, 1000.0].into_iter()).log);
    }

    #[test]
    fn ticks_are_short() {
        for (value, unit, words) in [
            (100.0, "ns", "100 ns"),
            (1000.0, "ns", "1 µs"),
            (2e9, "ns", "2 s"),
            (0.5, "ms", "500 µs"),
            (0.0, "ns", "0"),
            (1000.0, "bytes", "1,000"),
            (100_000.0, "", "100 k"),
            (2e6, "bytes", "2 M"),
        ] {
            assert_eq!(tick(value, unit), words);
        }
    }

    #[test]
    fn a_measurement_has_three_digits_and_a_unit() {
        for (value, unit, words) in [
            (115_712.0, "ns", "116 µs"),
            (58_586_000.0, "ns", "58.6 ms"),
            (2.0085, "count", "2.01"),
            (24.0, "B", "24.0 B"),
        ] {
            assert_eq!(worded(value, unit), words);
        }
    }

    #[test]
    fn words_that_touch_their_neighbour_are_told() {
        let words = |parts: &[f64]| -> Vec<(f64, String)> {
            parts
                .iter()
                .map(|&part| (part, "1234".to_owned()))
                .collect()
        };
        assert_eq!(touching(&words(&[0.0, 0.5, 1.0]), 20.0), [false; 3]);
        let close = touching(&words(&[0.0, 0.1, 0.9]), 20.0);
        assert_eq!(close, [false, true, false]);
    }
}
