//! Names in listings that the reader has not met.
//!
//! A listing may rest on the standard library, on what an earlier page showed
//! or named, and on what the text beside it says. A name that the workspace
//! defines, and that the reader meets here first, is reported. What a reader
//! need not know is excused above the block: `<!-- names: Foo, bar -->`.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::Context;
use crate::block::{Block, Kind, blocks};
use crate::page::Page;
use crate::report::Report;

/// What is known of the standard library without a `use`: its prelude, and
/// methods and functions that the workspace has under the same name.
const STANDARD: &str = "\
    abort accept addr any as_fd as_raw_fd bind borrow clear clone collect \
    compare_exchange connect contains current drop end expect extend filter \
    first flush for_each format from from_raw from_std get insert into \
    into_iter into_raw is_empty is_none is_pending is_ready is_some iter \
    join kill last leak len load local_addr lock main map max min new next \
    output park peek peer_addr poll pop push read read_exact recv remove \
    replace run scope send set set_nodelay set_nonblocking shutdown size_of \
    spawn start stdout store sum swap take try_clone try_from unpark wait \
    wake wake_by_ref with_capacity write write_all Error Item Option Output \
    Result String Target Vec";

/// The words behind which a name is defined.
const DEFINES: &[&str] = &[
    "fn",
    "struct",
    "enum",
    "trait",
    "const",
    "static",
    "type",
    "union",
    "macro_rules",
];

/// The note above a block that excuses names.
const NOTE: &str = "names";

/// Reads the book in its order, and reports on the pages asked for.
pub fn check(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let defined = defined(cx)?;
    let asked: HashSet<&Path> =
        cx.pages().iter().map(|page| page.path.as_path()).collect();
    let mut seen = HashSet::new();
    for page in &cx.project.pages {
        let reports = asked.contains(page.path.as_path());
        read(
            cx,
            page,
            &defined,
            &mut seen,
            reports.then_some(&mut *report),
        )?;
    }
    Ok(())
}

/// One page. `seen` is what the reader has met before, and after.
fn read(
    cx: &Context<'_>,
    page: &Page,
    defined: &HashSet<String>,
    seen: &mut HashSet<String>,
    mut report: Option<&mut Report>,
) -> Result<()> {
    let all = blocks(page);
    let mut at = 0;
    for (index, block) in all.iter().enumerate() {
        let before = &page.text[at..block.range.start];
        at = block.range.end;
        let next = all
            .get(index + 1)
            .map_or(page.text.len(), |b| b.range.start);
        seen.extend(quoted(before));
        if let Some(report) = report.as_deref_mut()
            && block.kind() == Kind::Rust
            && !block.is_compile_fail()
        {
            report.checked += 1;
            // The note itself tells the reader nothing.
            let told = before.lines().filter(|line| !is_note(line));
            let mut beside: HashSet<String> = told.flat_map(words).collect();
            beside.extend(words(&page.text[at..next]));
            beside.extend(imported(cx, page, block)?);
            // What the next block defines is in view.
            let next = all.get(index + 1).into_iter().flat_map(Block::visible);
            beside.extend(next.flat_map(|(_, line)| defines(&parted(line).0)));
            let met = |name: &str| {
                seen.contains(name)
                    || beside.contains(name)
                    || STANDARD.split_whitespace().any(|known| known == name)
                    || !defined.contains(name)
            };
            tell(page, block, met, report);
        }
        seen.extend(block.visible().flat_map(|(_, line)| words(line)));
    }
    seen.extend(quoted(&page.text[at..]));
    Ok(())
}

fn is_note(line: &str) -> bool {
    line.contains(&format!("<!-- {NOTE}:"))
}

fn tell(
    page: &Page,
    block: &Block,
    met: impl Fn(&str) -> bool,
    report: &mut Report,
) {
    let mut excused: Vec<&str> = block
        .all_notes(NOTE)
        .flat_map(|names| names.split(','))
        .map(str::trim)
        .collect();
    let mut unmet: Vec<(usize, String)> = Vec::new();
    for (line, name) in rests_on(block) {
        if met(&name) || unmet.iter().any(|(_, known)| *known == name) {
            continue;
        }
        unmet.push((line, name));
    }
    unmet.retain(|(_, name)| {
        let before = excused.len();
        excused.retain(|excuse| excuse != name);
        before == excused.len()
    });
    if let Some((line, _)) = unmet.first() {
        let names: Vec<String> =
            unmet.iter().map(|(_, name)| format!("`{name}`")).collect();
        report.fail(
            &block.place_of(page, *line),
            format!(
                "the reader meets {} here first: show it before, say beside \
                 the listing what it is, or excuse it by <!-- {NOTE}: … -->",
                names.join(", ")
            ),
        );
    }
    for name in excused {
        report.fail(
            &block.place(page),
            format!("<!-- {NOTE}: {name} --> excuses nothing"),
        );
    }
}

/// The names that a block uses and does not define itself, each with its
/// line: types and constants, and functions where they are called or named by
/// a path. Other names in lower case are variables.
fn rests_on(block: &Block) -> Vec<(usize, String)> {
    let mut own: HashSet<String> = HashSet::new();
    let mut used = Vec::new();
    let mut items = false;
    for (number, line) in block.visible() {
        let (code, comment) = parted(line);
        own.extend(words(comment));
        own.extend(defines(&code));
        // The variants of an enum that is shown.
        items = (items || words(&code).any(|word| word == "enum"))
            && !code.starts_with('}');
        if items {
            own.extend(words(&code).take(1));
        }
        let mut rest = code.as_str();
        let (mut behind_path, mut before) = (false, "");
        while let Some((skipped, name, after)) = next_name(rest) {
            behind_path |= skipped.ends_with("::");
            let lifetime = skipped.ends_with('\'');
            let called =
                after.starts_with(['(', '!']) || after.starts_with("::");
            let upper = name.starts_with(|c: char| c.is_uppercase());
            // An argument, a field, or a variable that is called.
            let local = before == "let"
                || after.starts_with(':') && !after.starts_with("::");
            if local {
                own.insert(name.to_owned());
            }
            // As in `fn(Argument)`.
            let keyword = DEFINES.contains(&name);
            if !lifetime && !keyword && (upper || called || behind_path) {
                used.push((number, name.to_owned()));
            }
            behind_path = false;
            (before, rest) = (name, after);
        }
    }
    used.retain(|(_, name)| !own.contains(name));
    used
}

/// A line without the contents of its strings, and its comment.
fn parted(line: &str) -> (String, &str) {
    let mut code = String::new();
    let mut string = false;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        if !string && line[at..].starts_with("//") {
            return (code, &line[at..]);
        }
        if c == '"' && !escaped {
            string = !string;
            code.push(c);
        } else if !string {
            code.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    (code, "")
}

/// The next name, with what stands before and after it.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find(|c: char| c.is_alphabetic() || c == '_')?;
    let length = text[start..]
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len() - start);
    let end = start + length;
    Some((&text[..start], &text[start..end], &text[end..]))
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, name, after) = next_name(rest)?;
        rest = after;
        Some(name.to_owned())
    })
}

/// The words in back quotes.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).flat_map(words)
}

/// The names that a line of code defines.
fn defines(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut define = false;
    for word in words(code) {
        if define && word == "mut" {
            continue;
        }
        if define {
            found.push(word.clone());
        }
        define = DEFINES.contains(&word.as_str());
    }
    found
}

/// The names that the libraries and examples of the book's crates define.
fn defined(cx: &Context<'_>) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    for package in cx.project.packages() {
        let folder = crate::project::folder(package);
        for part in ["src", "examples"] {
            for file in cx.project.files(&folder.join(part))? {
                if file.extension().is_none_or(|ending| ending != "rs") {
                    continue;
                }
                for line in source(&file)?.lines() {
                    found.extend(defines(&parted(line).0));
                }
            }
        }
    }
    Ok(found)
}

/// The names that the file of a listing takes from elsewhere than the book's
/// crates: a reader of Rust knows where to look them up.
fn imported(
    cx: &Context<'_>,
    page: &Page,
    block: &Block,
) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    let mut texts = vec![block.source()];
    let place = block.place_of(page, 1);
    if let Some((file, _)) = &place.source {
        texts.push(source(&cx.project.root.join(file))?);
    }
    for text in texts {
        for statement in text.split("use ").skip(1) {
            let statement = statement.split(';').next().unwrap_or_default();
            let foreign = ["std::", "core::", "alloc::", "libc::"];
            if foreign.iter().any(|krate| statement.starts_with(krate)) {
                found.extend(words(statement));
            }
        }
        for path in text.split("std::").skip(1) {
            let end =
                path.find(|c: char| !c.is_alphanumeric() && !":_".contains(c));
            found.extend(words(&path[..end.unwrap_or(path.len())]));
        }
    }
    Ok(found)
}

fn source(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rests(code: &str) -> Vec<String> {
        let text = format!("```rust,listing\n{code}\n```\n");
        let page = Page::expand(Path::new("."), Path::new("p.md"), &text);
        let names = rests_on(&blocks(&page)[0]).into_iter();
        names.map(|(_, name)| name).collect()
    }

    #[test]
    fn types_calls_and_paths_are_names_and_variables_are_not() {
        assert_eq!(
            rests(
                "let due = Queue::first(late, self.rest()); // Due\nstop!(x)"
            ),
            ["Queue", "first", "rest", "stop"]
        );
        assert_eq!(
            rests("map(<'Long>, crate::sys::open)"),
            ["map", "crate", "sys", "open"]
        );
    }

    #[test]
    fn what_the_block_defines_or_quotes_is_not_asked_for() {
        assert_eq!(rests("fn go() { go(); \"Lost\\\" go()\"; }"), [""; 0]);
        assert_eq!(rests("const MOST: u8 = 1; MOST"), [""; 0]);
        assert_eq!(rests("fn f(go: fn()) { let then = go; then() }"), [""; 0]);
        assert_eq!(rests("SHORT // SHORT is a second"), [""; 0]);
    }
}
