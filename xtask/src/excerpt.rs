//! Parts of source files, as pages include them: all of a file, an anchor in
//! it, or a range of lines.
//!
//! mdBook takes every line that has `ANCHOR:` for an anchor, and the word after
//! it for the name. Here only a comment that is a line by itself is one, in
//! whichever language; a string that looks like one is shown.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use proc_macro2::{TokenStream, TokenTree};

use crate::block::shown_as_is;

/// A part of a source file: all of it, an anchor, or a range of lines.
#[derive(Debug)]
pub struct Excerpt {
    /// The file, relative to the project's root.
    pub file: PathBuf,
    /// Line numbers, counted from 1, with the lines; without anchor comments.
    pub lines: Vec<(usize, String)>,
}

impl Excerpt {
    /// Reads `path[:anchor]` or `path:from[:to]`, the path relative to
    /// `folder`, which is relative to `root`.
    ///
    /// # Errors
    /// When the file or the anchor is missing, the range is not in the file,
    /// or nothing is left.
    pub fn read(root: &Path, folder: &Path, spec: &str) -> Result<Excerpt> {
        let (path, part) = match spec.split_once(':') {
            Some((path, part)) => (path, Some(part)),
            None => (spec, None),
        };
        let file = tidy(&folder.join(path));
        let text = std::fs::read_to_string(root.join(&file))
            .with_context(|| format!("cannot include {}", file.display()))?;
        let anchors = anchors(&file, &text);
        let all = text.lines().enumerate().map(|(i, line)| (i + 1, line));
        let shown = all.filter(|(number, _)| !anchors.contains_key(number));
        let lines: Vec<(usize, String)> = match part {
            None => shown.map(own).collect(),
            Some(part) if part.starts_with(|c: char| c.is_ascii_digit()) => {
                let (from, to) = range(part)?;
                let inside = |n: &usize| (from..=to).contains(n);
                shown.filter(|(n, _)| inside(n)).map(own).collect()
            }
            Some(name) => {
                let inside = between(&anchors, name).with_context(|| {
                    let starts = anchors.values().filter(|(end, _)| !end);
                    let known: Vec<&str> = starts.map(|(_, n)| *n).collect();
                    format!(
                        "{} has no anchor {name:?}; it has: {}",
                        file.display(),
                        known.join(", ")
                    )
                })?;
                let inside = |n: &usize| inside.iter().any(|r| r.contains(n));
                shown.filter(|(n, _)| inside(n)).map(own).collect()
            }
        };
        anyhow::ensure!(!lines.is_empty(), "{spec} includes nothing");
        Ok(Excerpt {
            file,
            lines: unindented(lines),
        })
    }

    /// The lines as one text.
    pub fn text(&self) -> String {
        self.lines
            .iter()
            .map(|(_, line)| format!("{line}\n"))
            .collect()
    }

    /// The lines as the contents of a Rust block, none of them hidden.
    pub fn rust_text(&self) -> String {
        self.lines
            .iter()
            .map(|(_, line)| format!("{}\n", shown_as_is(line)))
            .collect()
    }
}

fn own((number, line): (usize, &str)) -> (usize, String) {
    (number, line.to_owned())
}

/// How a comment begins, in the languages that a book may include. The
/// longest first.
const OPENERS: &[&str] =
    &["<!--", "//", "/*", "--", "(*", "{-", "#", ";", "%", "@"];

/// Is this line nothing but an anchor comment? Whether it ends the anchor, and
/// its name.
fn anchor(line: &str) -> Option<(bool, &str)> {
    let line = line.trim();
    let opener = OPENERS.iter().find(|opener| line.starts_with(**opener))?;
    let rest = line[opener.len()..]
        .trim_start_matches(['/', '!', '*', '#', ';'])
        .trim_start()
        .strip_prefix("ANCHOR")?;
    let (end, name) = match rest.strip_prefix("_END:") {
        Some(name) => (true, name),
        None => (false, rest.strip_prefix(':')?),
    };
    let name = ["*/", "-->", "*)", "-}"]
        .iter()
        .find_map(|closer| name.strip_suffix(closer))
        .unwrap_or(name)
        .trim();
    let letter = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    (!name.is_empty() && name.chars().all(letter)).then_some((end, name))
}

/// The anchor comments of a file by their lines, counted from 1. What stands
/// in a string of Rust is none.
fn anchors<'t>(file: &Path, text: &'t str) -> BTreeMap<usize, (bool, &'t str)> {
    let mut found: BTreeMap<usize, (bool, &str)> = text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| Some((index + 1, anchor(line)?)))
        .collect();
    if !found.is_empty() && file.extension().is_some_and(|e| e == "rs") {
        let strings = lines_in_strings(text);
        found.retain(|line, _| !strings.contains(line));
    }
    found
}

/// The lines of Rust code that begin inside a string; none if the code is
/// not well formed, which the compiler says better. A file is included in many
/// places: what is known of a text is kept.
fn lines_in_strings(text: &str) -> Arc<HashSet<usize>> {
    type Known = HashMap<String, Arc<HashSet<usize>>>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(lines) = known().get(text) {
        return Arc::clone(lines);
    }
    let lines = Arc::new(look_for_strings(text));
    known().insert(text.to_owned(), Arc::clone(&lines));
    lines
}

fn look_for_strings(text: &str) -> HashSet<usize> {
    let mut found = HashSet::new();
    if let Ok(tokens) = text.parse::<TokenStream>() {
        let lines: Vec<&str> = text.lines().collect();
        add_strings(tokens, &lines, &mut found);
        // Its record of all that was parsed grows with each build of `serve`.
        proc_macro2::extra::invalidate_current_thread_spans();
    }
    found
}

fn add_strings(
    tokens: TokenStream,
    lines: &[&str],
    found: &mut HashSet<usize>,
) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                add_strings(group.stream(), lines, found);
            }
            TokenTree::Literal(literal) => {
                let (start, end) =
                    (literal.span().start(), literal.span().end());
                // A doc comment becomes a string at its own place.
                let line = lines.get(start.line - 1).copied();
                let comment = line.is_some_and(|line| {
                    line.chars().nth(start.column) == Some('/')
                });
                if !comment {
                    found.extend(start.line + 1..=end.line);
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// The lines from each start of an anchor to its end.
fn between(
    anchors: &BTreeMap<usize, (bool, &str)>,
    wanted: &str,
) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut open = None;
    for (line, (end, name)) in anchors {
        match (end, open) {
            _ if *name != wanted => {}
            (false, None) => open = Some(*line),
            (true, Some(start)) => {
                found.push(start..*line);
                open = None;
            }
            _ => {}
        }
    }
    // An anchor that never ends would swallow the rest of the file unnoticed.
    (!found.is_empty() && open.is_none()).then_some(found)
}

fn range(part: &str) -> Result<(usize, usize)> {
    let bad = || format!("{part:?} is not a range of lines: write FROM:TO");
    let (from, to) = part.split_once(':').unwrap_or((part, part));
    let from = from.parse().with_context(bad)?;
    let to = if to.is_empty() {
        usize::MAX
    } else {
        to.parse().with_context(bad)?
    };
    Ok((from, to))
}

/// Removes the indentation that all lines share, so that a method reads like
/// a function.
fn unindented(mut lines: Vec<(usize, String)>) -> Vec<(usize, String)> {
    let shared = lines
        .iter()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(_, line)| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    for (_, line) in &mut lines {
        line.drain(..shared.min(line.len()));
    }
    lines
}

/// Resolves `..` in a relative path without asking the file system.
pub fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir if tidied.pop() => {}
            std::path::Component::CurDir => {}
            other => tidied.push(other),
        }
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_stand_in_every_kind_of_comment() {
        for comment in [
            "// ANCHOR: a",
            "    //ANCHOR:a",
            "//! ANCHOR: a",
            "/* ANCHOR: a */",
            "/*ANCHOR: a*/",
            "<!-- ANCHOR: a -->",
            "# ANCHOR: a",
            "; ANCHOR: a",
            ";; ANCHOR: a",
            "-- ANCHOR: a",
            "% ANCHOR: a",
            "@ ANCHOR: a",
        ] {
            assert_eq!(anchor(comment), Some((false, "a")), "{comment}");
            let end = comment.replace("ANCHOR", "ANCHOR_END");
            assert_eq!(anchor(&end), Some((true, "a")), "{end}");
        }
        for other in [
            "let s = \"ANCHOR: a\";",
            "println!(\"// ANCHOR: a\");",
            "run(); // ANCHOR: a",
            "// the ANCHOR: a",
            "// ANCHOR: two words",
            "// ANCHOR:",
            "// ANCHORS: a",
        ] {
            assert_eq!(anchor(other), None, "{other}");
        }
    }

    #[track_caller]
    fn part(name: &str, text: &str, part: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        let spec = format!("{name}{part}");
        let excerpt = Excerpt::read(folder.path(), Path::new(""), &spec);
        excerpt.unwrap().text()
    }

    #[test]
    fn comments_vanish_and_strings_stay() {
        let c = "/* ANCHOR: a */\nint x;\n/* ANCHOR_END: a */\nint y;\n";
        assert_eq!(part("a.c", c, ":a"), "int x;\n");
        assert_eq!(part("a.c", c, ""), "int x;\nint y;\n");
        let html = "<!-- ANCHOR: b -->\n<p>\n<!-- ANCHOR_END: b -->\n";
        assert_eq!(part("a.html", html, ":b"), "<p>\n");
        let rust = "//! x\n/** y\nz */\n// ANCHOR: a\nlet s = r#\"\n\
                    // ANCHOR: b\n// ANCHOR_END: a\n\"#; let c = 'x';\n\
                    // ANCHOR_END: a\nlet t;\n";
        let inside = "let s = r#\"\n// ANCHOR: b\n// ANCHOR_END: a\n\
                      \"#; let c = 'x';\n";
        assert_eq!(part("a.rs", rust, ":a"), inside);
        assert_eq!(part("a.rs", rust, ":5:6"), "let s = r#\"\n// ANCHOR: b\n");
    }

    #[test]
    fn an_anchor_may_have_several_parts() {
        let text = "# ANCHOR: a\n1\n# ANCHOR_END: a\n2\n# ANCHOR: a\n3\n\
                    # ANCHOR_END: a\n";
        assert_eq!(part("a.toml", text, ":a"), "1\n3\n");
    }
}
