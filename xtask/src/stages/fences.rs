//! What a fence may say, and what must stand above it.

use crate::block::{Block, CONSOLE_WORDS, Kind, RUST_WORDS, is_error_code};
use crate::page::Page;
use crate::report::Report;

pub fn check(page: &Page, block: &Block, report: &mut Report) {
    let place = block.place(page);
    let mut fail = |message: String| report.fail(&place, message);
    let reason = block.note("unchecked");
    if !is_closed(page, block) {
        fail("the fence is never closed".to_owned());
    }
    if reason.is_some_and(|reason| words(reason) < 2) {
        fail(
            "`unchecked:` needs a reason after it, in words: \
             <!-- unchecked: it needs a debugger -->"
                .to_owned(),
        );
    }
    match block.kind() {
        Kind::Untagged => fail(
            "a fence says what it holds: rust, console, output, toml, json; any \
             other word needs a reason above it: <!-- unchecked: a picture -->"
                .to_owned(),
        ),
        Kind::Rust => rust(block, &mut fail),
        Kind::Console => console(block, &mut fail),
        Kind::Output if block.words.len() > 1 => fail(format!(
            "an output fence has no other word: {:?}",
            block.words[1]
        )),
        Kind::Output => {}
        Kind::Data => {
            let error = match block.words[0].as_str() {
                "toml" => block
                    .code
                    .parse::<toml_edit::DocumentMut>()
                    .err()
                    .map(|e| e.to_string()),
                _ => serde_json::from_str::<serde_json::Value>(&block.code)
                    .err()
                    .map(|e| e.to_string()),
            };
            if let Some(error) = error {
                fail(error);
            }
        }
        Kind::Other if reason.is_none() => fail(format!(
            "nothing checks a {:?} block: give a reason above it, \
             <!-- unchecked: a picture -->, or use rust, console, output, toml, \
             json",
            block.words[0]
        )),
        Kind::Other => {}
    }
}

fn rust(block: &Block, fail: &mut impl FnMut(String)) {
    let reason = block.note("unchecked");
    for word in &block.words[1..] {
        if !RUST_WORDS.contains(&word.as_str()) && !is_error_code(word) {
            fail(format!(
                "{word:?} on a rust fence is unknown; there are: {} \
                 and error codes",
                RUST_WORDS.join(", ")
            ));
        }
    }
    if block.has("ignore") && reason.is_none() {
        fail(
            "`ignore` needs a reason above it: \
             <!-- unchecked: needs a debugger -->"
                .to_owned(),
        );
    }
    if reason.is_some() && !block.has("ignore") && !block.has("no_run") {
        fail("only an `ignore` or `no_run` block is unchecked".to_owned());
    }
    if block.has("no_run") && reason.is_none() {
        fail(
            "`no_run` needs a reason above it, which the reader sees: \
             <!-- unchecked: it would wait for ever -->"
                .to_owned(),
        );
    }
    if block.has("compile_fail") && block.error_codes().is_empty() {
        fail("`compile_fail` needs its error codes".to_owned());
    }
    if block.has("compile_fail") && block.note("error").is_none() {
        fail(
            "`compile_fail` says above it which line is wrong: \
             <!-- error: a part of that line -->"
                .to_owned(),
        );
    }
}

fn console(block: &Block, fail: &mut impl FnMut(String)) {
    for word in &block.words[1..] {
        let exit = word
            .strip_prefix("exit=")
            .is_some_and(|code| code.parse::<i32>().is_ok());
        if !exit && !CONSOLE_WORDS.contains(&word.as_str()) {
            fail(format!(
                "{word:?} on a console fence is unknown; there are: \
                 exit=CODE, {}",
                CONSOLE_WORDS.join(", ")
            ));
        }
    }
    if !block.code.starts_with("$ ") {
        fail("a console block starts with `$ ` and a command".into());
    }
    let excluded = [
        &["linux", "macos", "windows"][..],
        &["unix", "windows"],
        &["x86_64", "aarch64"],
    ];
    for words in excluded {
        if words.iter().filter(|word| block.has(word)).count() > 1 {
            fail(format!(
                "nothing is all of these at once: {}",
                words.join(", ")
            ));
        }
    }
    let (mut said, mut checked) = (false, false);
    for line in block.code.lines().filter(|line| !line.starts_with("$ ")) {
        said |= !line.trim().is_empty();
        checked |= line.chars().any(char::is_alphanumeric);
    }
    if said && !checked {
        fail("the output is wildcards only: nothing is compared".to_owned());
    }
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Does the block end with a fence of its own, not with the page or with the
/// quotation that it stands in?
fn is_closed(page: &Page, block: &Block) -> bool {
    let mut lines = page.text[block.range.clone()].trim_end().lines();
    let first = lines.next().unwrap_or_default();
    let mark = first.chars().next().unwrap_or('`');
    let length = first.chars().take_while(|&c| c == mark).count();
    lines.last().is_some_and(|last| {
        let last = last.trim_start_matches(['>', ' ', '\t']).trim_end();
        last.len() >= length && last.chars().all(|c| c == mark)
    })
}
