//! Reads a figure's files: what was written by hand, and what was recorded.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::definition::Definition;
use crate::fault::{Fault, line_of};
use crate::recording::VERSION;

impl Definition {
    /// Reads a definition; `file` is its name in messages, `text` is TOML.
    ///
    /// # Errors
    /// A [`Fault`] when it is not of this form, or breaks a rule.
    pub fn parse(file: &str, text: &str) -> Result<Definition, Fault> {
        definition(file, text, |definition: &mut Definition| {
            definition.expand()?;
            definition.check()
        })
    }
}

/// Reads a definition of any kind. `check` completes it, and says what is wrong
/// with it: near which text, and what.
pub(crate) fn definition<D: DeserializeOwned>(
    file: &str,
    text: &str,
    check: impl FnOnce(&mut D) -> Result<(), (String, String)>,
) -> Result<D, Fault> {
    let fault = |line: usize, message: String| Fault {
        file: file.to_owned(),
        line,
        message,
    };
    let mut definition: D = toml_edit::de::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text[..start].matches('\n').count();
        fault(line, error.message().to_owned())
    })?;
    check(&mut definition)
        .map_err(|(near, message)| fault(line_of(text, &near), message))?;
    Ok(definition)
}

/// Reads a recording of any kind, if it is of the version that is read.
pub(crate) fn recording<R: DeserializeOwned>(
    file: &str,
    text: &str,
) -> Result<R, Fault> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let fault = |line: usize, message: String| Fault {
        file: file.to_owned(),
        line: line.max(1),
        message,
    };
    let read =
        |error: serde_json::Error| fault(error.line(), error.to_string());
    // The version first: the rest of another one may look different.
    let Version { version } = serde_json::from_str(text).map_err(read)?;
    if version != VERSION {
        let message = format!(
            "field `version`: {version}; this tool reads {VERSION}: record \
             the figure again"
        );
        return Err(fault(line_of(text, "\"version\""), message));
    }
    serde_json::from_str(text).map_err(read)
}
