//! The lines of source that a figure shows beside its steps.

/// A part of a source file, without the comments that document it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The file, relative to the project's root, with forward slashes.
    pub file: String,
    /// Line numbers, counted from 1, with the lines.
    pub lines: Vec<(usize, String)>,
}

impl Part {
    /// Lines of a file, without those that begin with `///`: numbers, counted
    /// from 1, with the lines.
    pub fn new(
        file: impl Into<String>,
        lines: impl IntoIterator<Item = (usize, String)>,
    ) -> Part {
        let shown = |line: &str| !line.trim_start().starts_with("///");
        Part {
            file: file.into(),
            lines: lines.into_iter().filter(|(_, l)| shown(l)).collect(),
        }
    }
}

/// The first and the last line, counted from 1, of the item that begins so, up
/// to the brace that stands as far from the edge as the beginning does.
///
/// # Errors
/// Why there is no such item.
pub fn extent(text: &str, item: &str) -> Result<(usize, usize), String> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = |line: &&str| line.trim_start().starts_with(item);
    let first = lines.iter().position(begins).ok_or("no line begins so")?;
    if lines[first + 1..].iter().any(begins) {
        return Err("several lines begin so".to_owned());
    }
    if lines[first].ends_with(';') {
        return Ok((first + 1, first + 1));
    }
    let indent = lines[first].len() - lines[first].trim_start().len();
    let end = format!("{}}}", &lines[first][..indent]);
    let last = lines[first..]
        .iter()
        .position(|line| *line == end)
        .ok_or("it has no closing brace on a line of its own")?;
    Ok((first + 1, first + last + 1))
}

/// The one line that contains a text: which part, and which of its lines, both
/// counted from 0.
///
/// # Errors
/// When there is none, or several.
pub fn find(parts: &[Part], text: &str) -> Result<(usize, usize), String> {
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
        [] => Err(format!(
            "no line of the code that is shown contains {text:?}"
        )),
        _ => Err(format!(
            "{} lines of the code that is shown contain {text:?}: it must be \
             one",
            found.len()
        )),
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
            let error = extent(TEXT, item).unwrap_err();
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
