//! What is wrong in a figure's files, and where.

use std::fmt;

/// Something wrong in a figure's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, relative to the project's root.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Which field, what is wrong with it, and what is allowed.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for Fault {}

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

/// The line where the definition's event of that number begins, from 0.
pub(crate) fn line_of_drawn(text: &str, event: usize) -> usize {
    text.lines()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with("[[run.event]]"))
        .nth(event)
        .map_or(1, |(index, _)| index + 1)
}
