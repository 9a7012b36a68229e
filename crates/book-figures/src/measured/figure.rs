//! A figure of measurements, whole: what was written and what was measured.

use super::definition::{Definition, Expect};
use super::expect::Comparison;
use super::recording::Recording;
use crate::fault::{Fault, line_of};

/// Measurements with all that belongs to them.
#[derive(Debug)]
pub struct Measured {
    /// The figure's name: that of its files.
    pub name: String,
    /// What was written by hand.
    pub definition: Definition,
    /// What was measured.
    pub recording: Recording,
}

impl Measured {
    /// A figure and its recording, checked. Both files come with their names
    /// in messages and their texts.
    ///
    /// # Errors
    /// A [`Fault`] when the recording is not of the form, does not fit the
    /// definition, or something of what is expected does not hold of it.
    pub fn recorded(
        name: &str,
        definition: Definition,
        defined: (&str, &str),
        (file, text): (&str, &str),
    ) -> Result<Measured, Fault> {
        let recording = Recording::parse(file, text)?;
        recording.check((file, text), name, &definition)?;
        let figure = Measured {
            name: name.to_owned(),
            definition,
            recording,
        };
        figure.expect(defined, &figure.recording, "the recording", |_| true)?;
        Ok(figure)
    }

    /// Does what is expected of every run hold of a fresh one?
    ///
    /// # Errors
    /// A [`Fault`] at the first expectation that does not hold.
    pub fn check_fresh(
        &self,
        defined: (&str, &str),
        fresh: &Recording,
    ) -> Result<(), Fault> {
        let always = |expect: &Expect| expect.always;
        self.expect(defined, fresh, "a fresh run", always)
    }

    fn expect(
        &self,
        (file, text): (&str, &str),
        recording: &Recording,
        whose: &str,
        which: impl Fn(&Expect) -> bool,
    ) -> Result<(), Fault> {
        let expected = self.definition.expect.iter();
        for Expect { that, .. } in expected.filter(|expect| which(expect)) {
            let held = Comparison::parse(&self.definition, that)
                .and_then(|comparison| comparison.holds(recording));
            held.map_err(|error| Fault {
                file: file.to_owned(),
                line: line_of(text, &format!("that = {that:?}")),
                message: format!("{that:?} does not hold of {whose}: {error}"),
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::measured::tests::{QUEUE, QUEUE_JSON, figure};
    use crate::measured::{Definition, Measured};

    #[test]
    fn a_recording_must_be_what_is_expected_of_it() {
        let wrong = QUEUE.replacen("one.max > 2", "one.max > 200", 1);
        let definition = Definition::parse("d.toml", &wrong).unwrap();
        let files = (("d.toml", &*wrong), ("r.json", QUEUE_JSON));
        let fault = Measured::recorded("queue", definition, files.0, files.1)
            .unwrap_err();
        assert!(fault.message.contains("the recording"), "{fault}");
        let line = wrong.lines().nth(fault.line - 1).unwrap();
        assert!(line.contains("one.max > 200"), "{line}");
    }

    #[test]
    fn of_a_fresh_run_only_what_holds_always_is_expected() {
        let figure = figure("queue");
        let mut fresh = figure.recording.clone();
        // Not always: the second queue may be slow once.
        fresh.rows[1].max = 1e9;
        figure.check_fresh(("d.toml", QUEUE), &fresh).unwrap();
        fresh.rows[0].max = 10.0;
        let fault = figure.check_fresh(("d.toml", QUEUE), &fresh).unwrap_err();
        assert!(fault.message.contains("a fresh run"), "{fault}");
    }
}
