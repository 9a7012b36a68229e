//! Reads what was written by hand about a figure.

use crate::definition::Definition;
use crate::fault::{Fault, line_of};

impl Definition {
    /// Reads a definition; `file` is its name in messages, `text` is TOML.
    ///
    /// # Errors
    /// A [`Fault`] when it is not of this form, or breaks a rule.
    pub fn parse(file: &str, text: &str) -> Result<Definition, Fault> {
        let mut definition: Definition = toml_edit::de::from_str(text)
            .map_err(|error| Fault {
                file: file.to_owned(),
                line: error
                    .span()
                    .map_or(1, |s| 1 + text[..s.start].matches('\n').count()),
                message: error.message().to_owned(),
            })?;
        let checked = definition.expand().and_then(|()| definition.check());
        checked.map_err(|(needle, message)| Fault {
            file: file.to_owned(),
            line: line_of(text, &needle),
            message,
        })?;
        Ok(definition)
    }
}
