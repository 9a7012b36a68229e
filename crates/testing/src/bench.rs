//! What the benchmarks have in common: arguments, turns and rows. What is
//! measured, and how, is each benchmark's own.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::{Command, ExitCode};
use std::time::Duration;

/// Why a benchmark has stopped: a sentence for the person who started it.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What a benchmark was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arguments {
    /// `--quick`: one iteration of everything, to see that it runs.
    pub quick: bool,
    /// `--group GROUP`: this one only.
    pub group: Option<String>,
    /// `--only PEER CASE`: one loop, without a clock, for a tool that counts
    /// instructions.
    pub only: Option<(String, String)>,
    /// `--iterations N`: how often that loop runs; 1 unless told otherwise.
    pub iterations: usize,
    own: Vec<String>,
}

impl Arguments {
    /// Reads the arguments of a program, without its name. `own` are flags that
    /// this benchmark has and others do not, such as `--keep`.
    ///
    /// ```
    /// use testing::bench::Arguments;
    ///
    /// let words = ["--bench", "--only", "ours", "10 / 1"].map(String::from);
    /// let arguments = Arguments::parse(words, &[])?;
    /// assert_eq!(arguments.only, Some(("ours".into(), "10 / 1".into())));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An argument that is not known, a value that is missing, and a number of
    /// iterations that is not a whole one.
    pub fn parse(
        arguments: impl IntoIterator<Item = String>,
        own: &[&str],
    ) -> Result<Self> {
        let mut all = Self {
            quick: false,
            group: None,
            only: None,
            iterations: 1,
            own: Vec::new(),
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = |what: &str| {
                let missing = || format!("{what} is missing");
                arguments.next().ok_or_else(missing)
            };
            match argument.as_str() {
                "--bench" | "--test" => {} // cargo's
                "--quick" => all.quick = true,
                "--group" => all.group = Some(value("the group")?),
                "--only" => {
                    let (peer, case) = (value("the peer")?, value("the case")?);
                    all.only = Some((peer, case));
                }
                "--iterations" => {
                    let number = value("the number")?;
                    let why = |_| format!("{number:?} is not a number");
                    all.iterations = number.parse().map_err(why)?;
                }
                flag if own.contains(&flag) => all.own.push(argument),
                other => {
                    let known = "--quick, --group GROUP, --only PEER CASE, \
                                 --iterations N";
                    return Err(format!("{other:?}: known are {known}").into());
                }
            }
        }
        Ok(all)
    }

    /// Whether this flag of the benchmark's own was given.
    pub fn has(&self, own: &str) -> bool {
        self.own.iter().any(|flag| flag == own)
    }

    /// Whether this group is asked for: by its name, or because none is.
    pub fn wants(&self, group: &str) -> bool {
        self.group.as_deref().is_none_or(|wanted| wanted == group)
    }
}

/// The `main` of a benchmark called `name`: runs it with the arguments of this
/// process; says on standard error why it has stopped, and ends with code 2.
pub fn main(
    name: &str,
    own: &[&str],
    run: impl FnOnce(Arguments) -> Result<()>,
) -> ExitCode {
    let done = Arguments::parse(std::env::args().skip(1), own).and_then(run);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{name}: {why}");
            ExitCode::from(2)
        }
    }
}

/// How many rounds to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// Before those that count, to fill the caches.
    pub warm_up: usize,
    /// Each gives one figure.
    pub counted: usize,
}

impl Rounds {
    /// So many, and none before them.
    pub const fn counted(counted: usize) -> Self {
        Self {
            warm_up: 0,
            counted,
        }
    }
}

/// Measures all peers in turns, so that what disturbs the machine disturbs them
/// all. Each round begins with another peer. `once` measures one peer once;
/// `None` is for what this peer does not have. Gives the figures of each peer,
/// in the order of `peers`.
///
/// # Errors
///
/// Those of `once`; the first one ends it.
pub fn in_turns<P>(
    peers: impl IntoIterator<Item = P>,
    rounds: Rounds,
    mut once: impl FnMut(&P) -> Result<Option<f64>>,
) -> Result<Vec<(P, Vec<f64>)>> {
    let mut all: Vec<_> =
        peers.into_iter().map(|peer| (peer, Vec::new())).collect();
    for round in 0..rounds.warm_up + rounds.counted {
        let length = all.len();
        for turn in 0..length {
            let (peer, figures) = &mut all[(round + turn) % length];
            let figure = once(peer)?;
            if round >= rounds.warm_up {
                figures.extend(figure);
            }
        }
    }
    Ok(all)
}

/// One line of a benchmark, without its figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The table that it belongs to.
    pub group: &'a str,
    /// Who was measured.
    pub peer: &'a str,
    /// At what.
    pub case: &'a str,
    /// What a figure counts: `ns` or `B`.
    pub unit: &'a str,
    /// For how many of what is measured an iteration stands.
    pub per_iteration: usize,
}

impl Row<'_> {
    /// The line of JSON: the median of the figures, the least, the most, and
    /// how many there are.
    ///
    /// # Errors
    ///
    /// When there is no figure, or one is not finite: nothing was measured.
    pub fn json(&self, figures: &[f64]) -> Result<String> {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (Some(min), Some(max)) = (sorted.first(), sorted.last()) else {
            return Err(format!("nothing was measured: {self:?}").into());
        };
        if !sorted.iter().all(|figure| figure.is_finite()) {
            return Err(format!("{figures:?} of {self:?}").into());
        }
        Ok(format!(
            "{{\"group\": {}, \"peer\": {}, \"case\": {}, \"unit\": {}, \
             \"median\": {:.2}, \"min\": {min:.2}, \"max\": {max:.2}, \
             \"rounds\": {}, \"per_iteration\": {}}}",
            quoted(self.group),
            quoted(self.peer),
            quoted(self.case),
            quoted(self.unit),
            sorted[sorted.len() / 2],
            sorted.len(),
            self.per_iteration,
        ))
    }

    /// Prints that line at once, so that it is seen while others are measured.
    ///
    /// # Errors
    ///
    /// Those of [`json`](Self::json), and `BrokenPipe` when standard output is
    /// not read any more.
    pub fn print(&self, figures: &[f64]) -> Result<()> {
        let line = self.json(figures)?;
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()?;
        Ok(())
    }
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            control if control < ' ' => {
                // Writing to a string does not fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// How many nanoseconds each of so many took.
///
/// ```
/// use std::time::Duration;
/// let each = testing::bench::ns_each(Duration::from_micros(3), 100);
/// assert!((each - 30.0).abs() < 1e-9);
/// ```
pub fn ns_each(took: Duration, many: usize) -> f64 {
    took.as_secs_f64() * 1e9 / many as f64
}

/// A number with a comma between thousands, as cases are called.
///
/// ```
/// assert_eq!(testing::bench::grouped(100_000), "100,000");
/// assert_eq!(testing::bench::grouped(64), "64");
/// ```
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Runs this program once more, with those arguments, and gives what it prints:
/// for what has to be measured in a process that starts with nothing.
///
/// # Errors
///
/// When it cannot be started, or fails: with what it says then.
pub fn again(arguments: &[&str]) -> Result<String> {
    let output = Command::new(std::env::current_exe()?)
        .args(arguments)
        .output()?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{arguments:?}: {}: {why}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
