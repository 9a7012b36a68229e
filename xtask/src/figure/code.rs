//! The lines of source that a figure shows beside its steps.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::definition::Code;
use crate::page::Excerpt;
use crate::project::Project;

/// A part of a source file, without the comments that document it.
#[derive(Debug)]
pub struct Part {
    /// The file, relative to the project's root, with forward slashes.
    pub file: String,
    /// Line numbers, counted from 1, with the lines.
    pub lines: Vec<(usize, String)>,
}

/// The parts that a run shows.
///
/// # Errors
/// When a file, an anchor or an item is not there.
pub fn parts(project: &Project, code: &[Code]) -> Result<Vec<Part>> {
    code.iter().map(|code| part(&project.root, code)).collect()
}

fn part(root: &Path, code: &Code) -> Result<Part> {
    let file = code.file.to_string_lossy().replace('\\', "/");
    let spec = match (&code.anchor, &code.item) {
        (Some(anchor), _) => format!("{file}:{anchor}"),
        (None, Some(item)) => {
            let text = std::fs::read_to_string(root.join(&file))
                .with_context(|| file.clone())?;
            let (first, last) = extent(&text, item)
                .with_context(|| format!("{file}: {item:?}"))?;
            format!("{file}:{first}:{last}")
        }
        (None, None) => file.clone(),
    };
    let excerpt = Excerpt::read(root, &PathBuf::new(), &spec)?;
    let lines = excerpt
        .lines
        .into_iter()
        .filter(|(_, line)| !line.trim_start().starts_with("///"))
        .collect();
    Ok(Part { file, lines })
}

/// The first and the last line of the item that begins so: up to the brace
/// that stands as far from the edge as the beginning does.
fn extent(text: &str, item: &str) -> Result<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = |line: &&str| line.trim_start().starts_with(item);
    let first = lines.iter().position(begins).context("no line begins so")?;
    if lines[first + 1..].iter().any(begins) {
        bail!("several lines begin so");
    }
    if lines[first].ends_with(';') {
        return Ok((first + 1, first + 1));
    }
    let indent = lines[first].len() - lines[first].trim_start().len();
    let end = format!("{}}}", &lines[first][..indent]);
    let last = lines[first..]
        .iter()
        .position(|line| *line == end)
        .context("it has no closing brace on a line of its own")?;
    Ok((first + 1, first + last + 1))
}

/// The one line that contains a text: which part, and which of its lines, both
/// counted from 0.
///
/// # Errors
/// When there is none, or several.
pub fn find(parts: &[Part], text: &str) -> Result<(usize, usize)> {
    let mut found = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        for (nth, (_, line)) in part.lines.iter().enumerate() {
            if line.contains(text) {
                found.push((index, nth));
            }
        }
    }
    match found[..] {
        [one] => Ok(one),
        [] => bail!("no line of the code that is shown contains {text:?}"),
        _ => bail!(
            "{} lines of the code that is shown contain {text:?}: it must be \
             one",
            found.len()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "use x;\n\nimpl A {\n    /// Doc.\n    fn go() {\n        \
                        if y {\n        }\n    }\n\n    fn stop() {\n    }\n}\n";

    #[test]
    fn an_item_ends_with_its_own_brace() {
        assert_eq!(extent(TEXT, "fn go").unwrap(), (5, 8));
        assert_eq!(extent(TEXT, "impl A").unwrap(), (3, 12));
        assert_eq!(extent(TEXT, "use").unwrap(), (1, 1));
        assert!(extent("fn a() {\n", "fn a").is_err());
        for (item, says) in
            [("fn", "several"), ("go", "no line"), ("impl B", "no line")]
        {
            let error = extent(TEXT, item).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_text_names_one_line() {
        let line = |n: usize, text: &str| (n, text.to_owned());
        let part = |lines| Part {
            file: "a.rs".to_owned(),
            lines,
        };
        let parts = [
            part(vec![line(5, "fn go() {"), line(6, "    stop();")]),
            part(vec![line(9, "fn stop() {"), line(10, "    x();")]),
        ];
        assert_eq!(find(&parts, "x()").unwrap(), (1, 1));
        assert!(find(&parts, "stop()").is_err());
        assert!(find(&parts, "none").is_err());
    }
}
