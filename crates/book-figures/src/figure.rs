//! A figure that is complete: defined, recorded, and the two fit.

use crate::code::{self, Part};
use crate::complete::events;
use crate::definition::{self, Definition};
use crate::event;
use crate::fault::{Fault, line_of, line_of_drawn, line_of_step};
use crate::recording::{Recording, VERSION};

/// A definition with its recording, and the code that it shows.
#[derive(Debug)]
pub struct Figure {
    /// The name of its files, and its address in the page.
    pub name: String,
    /// What was written by hand.
    pub definition: Definition,
    /// What happened.
    pub recording: Recording,
    /// The parts of code of each run.
    code: Vec<Vec<Part>>,
}

impl Figure {
    /// A figure whose recording is `text`, called `file` in messages. `code`
    /// has what each run of the definition shows, in their order.
    ///
    /// # Errors
    /// A [`Fault`] when the recording breaks a rule or does not fit.
    pub fn recorded(
        name: &str,
        definition: Definition,
        (file, text): (&str, &str),
        code: Vec<Vec<Part>>,
    ) -> Result<Figure, Fault> {
        let recording = Recording::parse(file, text)?;
        recording.check(file, text, name, &definition)?;
        Ok(Figure {
            name: name.to_owned(),
            definition,
            recording,
            code,
        })
    }

    /// A figure that is drawn by hand: its events are in its definition, whose
    /// file's name and text are given, too.
    ///
    /// # Errors
    /// A [`Fault`] when an event breaks a rule.
    pub fn drawn(
        name: &str,
        definition: Definition,
        (file, text): (&str, &str),
        code: Vec<Vec<Part>>,
    ) -> Result<Figure, Fault> {
        let mut runs = Vec::new();
        let mut before = 0;
        for (wanted, parts) in definition.run.iter().zip(&code) {
            let sketches = wanted.event.clone();
            let count = sketches.len();
            let events = events(&definition, wanted, parts, sketches).map_err(
                |(nth, error)| Fault {
                    file: file.to_owned(),
                    line: line_of_drawn(text, before + nth),
                    message: format!(
                        "run {:?}, step {}: {error}",
                        wanted.id,
                        nth + 1
                    ),
                },
            )?;
            wanted.predict.decider(count).map_err(|message| Fault {
                file: file.to_owned(),
                line: line_of(text, "decided"),
                message: format!("run {:?}, {message}", wanted.id),
            })?;
            before += count;
            runs.push(event::Run {
                id: wanted.id.clone(),
                command: String::new(),
                events,
            });
        }
        let recording = Recording {
            version: VERSION,
            figure: name.to_owned(),
            recorded: None,
            watched_by: None,
            lanes: definition.lane.iter().map(|l| l.id.clone()).collect(),
            runs,
            digest: None,
        };
        Ok(Figure {
            name: name.to_owned(),
            definition,
            recording,
            code,
        })
    }

    /// Each run as it was defined, with what was recorded of it.
    pub fn runs(
        &self,
    ) -> impl Iterator<Item = (&definition::Run, &event::Run)> {
        // `check` has seen to it that they are the same, in the same order.
        self.definition.run.iter().zip(&self.recording.runs)
    }

    /// The code that a run shows, counted from 0.
    pub(crate) fn code(&self, run: usize) -> &[Part] {
        self.code.get(run).map_or(&[], Vec::as_slice)
    }

    /// Every line of code that the recording names is there: how many. The
    /// recording's file and text are as for [`Figure::recorded`].
    ///
    /// # Errors
    /// The first [`Fault`] that is found, with the recording's line.
    pub fn check_sources(
        &self,
        (file, text): (&str, &str),
    ) -> Result<usize, Fault> {
        let mut count = 0;
        for (index, (_, run)) in self.runs().enumerate() {
            let parts = self.code(index);
            for (nth, event) in run.events.iter().enumerate() {
                let Some(source) = &event.source else {
                    continue;
                };
                count += 1;
                let wrong = match code::find(parts, &source.text) {
                    Ok((part, _)) if parts[part].file == source.file => {
                        continue;
                    }
                    Ok((part, _)) => {
                        format!("it is in {}, not here", parts[part].file)
                    }
                    Err(error) => error,
                };
                return Err(Fault {
                    file: file.to_owned(),
                    line: line_of_step(text, index, nth),
                    message: format!(
                        "run {:?}, step {}, field `source`: {wrong}; record \
                         the figure again",
                        run.id,
                        nth + 1
                    ),
                });
            }
        }
        Ok(count)
    }
}
