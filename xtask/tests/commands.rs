//! The commands of the tool as a user meets them: what they print, what they
//! write, what they leave alone, and their exit codes.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use mdbook_driver::MDBook;
use support::{
    Book, LIMIT, PAGE, Slot, exits, good, laid_out, names, temporary,
    with_page, wrong_use,
};

// ------------------------------------------------------------- wrong use

#[test]
fn unknown_names_are_answered_by_the_known_ones() {
    let slot = good();
    let stages = support::stages().join(", ");
    wrong_use(
        &slot.tool(&["test", "snipets"]),
        &[
            "\"snipets\"",
            "did you mean snippets?",
            &stages,
            "ch01-demo",
        ],
    );
    wrong_use(
        &slot.tool(&["test", "lint", "ch01-dmeo"]),
        &["\"ch01-dmeo\"", "did you mean ch01-demo?"],
    );
    wrong_use(
        &slot.tool(&["exercise", "halve"]),
        &["\"halve\"", "there are: ch01-demo/double"],
    );
    // The names of exercises begin with that of their crate; readers do not.
    wrong_use(
        &slot.tool(&["exercise", "duoble"]),
        &["\"duoble\"", "did you mean ch01-demo/double?"],
    );
    wrong_use(
        &slot.tool(&["record", "ading"]),
        &[
            "\"ading\"",
            "did you mean adding?",
            "there are: adding, copies, door, packet",
        ],
    );
    wrong_use(
        &slot.tool(&["record", "packet"]),
        &["\"packet\" is drawn by hand: there is nothing to record"],
    );
    let folder = temporary();
    let dir = folder.path().join("mine");
    wrong_use(
        &slot.tool(&["new", "ch01-dem", &dir.to_string_lossy()]),
        &[
            "\"ch01-dem\"",
            "did you mean ch01-demo?",
            "ch01-demo, tally",
        ],
    );
    assert_eq!(names(folder.path()), [] as [&str; 0]);
}

#[test]
fn a_name_like_no_other_gets_no_suggestion() {
    let slot = good();
    let ran = slot.tool(&["test", "zzz"]);
    wrong_use(&ran, &["\"zzz\"", "there are: "]);
    assert!(!ran.stderr.contains("did you mean"), "{ran}");
}

#[test]
fn blessing_is_for_the_console_stage() {
    let slot = good();
    for stages in [&["test", "--bless"][..], &["test", "--bless", "lint"]] {
        wrong_use(&slot.tool(stages), &["cargo xtask test console --bless"]);
    }
}

#[test]
fn outside_of_a_project_there_is_nothing_to_do() {
    let folder = temporary();
    let mut command = Command::new(support::tool());
    command.current_dir(folder.path()).args(["test", "lint"]);
    wrong_use(&support::run(&mut command, LIMIT), &["no book.toml in "]);
}

#[test]
fn the_command_line_itself_is_checked() {
    for arguments in [
        &["tset"][..],
        &["test", "--no-such-option"],
        &["new", "ch01-demo"],
        &["serve", "--port", "eighty"],
        &["test", "--fail-fast", "--keep-going"],
        &[],
    ] {
        let mut command = Command::new(support::tool());
        let ran = support::run(command.args(arguments), LIMIT);
        exits(&ran, 2);
        let usage = ["Usage: cargo xtask", "try '--help'"];
        assert!(usage.iter().any(|text| ran.stderr.contains(text)), "{ran}");
    }
}

// ------------------------------------------------------------- record

#[test]
fn a_recording_is_rewritten_when_its_order_has_changed_or_by_force() {
    const FILE: &str = "book/figures/adding.json";
    let slot = good();
    let file = slot.root.join(FILE);
    let recorded = support::read_text(&file);
    let ran = slot.tool(&["record"]);
    exits(&ran, 0);
    assert!(ran.stdout.contains("the same logical order"), "{ran}");
    assert_eq!(support::read_text(&file), recorded);

    // Times are there to be shown only.
    let times =
        recorded.replacen("\"step\": 1,", "\"step\": 1, \"at_us\": 9,", 1);
    support::write(&file, times.as_bytes());
    exits(&slot.tool(&["record", "adding"]), 0);
    assert_eq!(support::read_text(&file), times);
    exits(&slot.tool(&["record", "adding", "--force"]), 0);
    let forced = support::read_text(&file);
    assert!(!forced.contains("at_us"), "{forced}");

    let other = recorded.replacen("push 1", "push 7", 1);
    for wrong in [other.as_str(), "no recording"] {
        support::write(&file, wrong.as_bytes());
        let ran = slot.tool(&["record", "adding"]);
        exits(&ran, 0);
        assert!(ran.stdout.contains("2 runs, 7 steps"), "{ran}");
        assert_eq!(support::read_text(&file), forced);
    }
}

// ------------------------------------------------------------------ test

#[test]
fn one_chapter_alone_is_checked() {
    let slot = laid_out(&with_page("Without a heading.\n"));
    let ran = slot.tool(&["test", "lint", "ch01-demo"]);
    exits(&ran, 0);
    exits(&slot.tool(&["test", "lint"]), 1);
    // The second crate has no page, hence nothing to lint: a stage that is
    // named must do something.
    let ran = slot.tool(&["test", "lint", "tally"]);
    exits(&ran, 1);
    assert!(ran.stdout.contains("checked nothing"), "{ran}");
}

#[test]
fn a_run_goes_on_after_a_failure_unless_told_to_stop() {
    let page = "# Introduction\n\n```rust,compile_fail\nlet x: u8 = 1;\n```\n";
    let slot = laid_out(&with_page(page));
    let stages = |arguments: &[&str]| -> Vec<(String, String)> {
        let ran = slot.tool(arguments);
        exits(&ran, 1);
        let outcomes = ran.stages();
        outcomes.into_iter().map(|o| (o.stage, o.verdict)).collect()
    };
    let fails = |stage: &str| (stage.to_owned(), "FAIL".to_owned());
    // In their own order, whatever that of the command line.
    let both = [fails("lint"), fails("compile-fail")];
    assert_eq!(stages(&["test", "compile-fail", "lint"]), both);
    assert_eq!(
        stages(&["test", "compile-fail", "lint", "--keep-going"]),
        both
    );
    assert_eq!(
        stages(&["test", "compile-fail", "lint", "--fail-fast"]),
        both[..1]
    );
}

#[test]
fn what_has_passed_is_not_run_again_until_it_changes() {
    let slot = good();
    let unchanged = |slot: &Slot| {
        let ran = slot.tool(&["test", "exercises"]);
        exits(&ran, 0);
        assert!(ran.stdout.contains("1 checked"), "{ran}");
        ran.stdout.contains("1 of them unchanged")
    };
    assert!(!unchanged(&slot));
    assert!(unchanged(&slot));
    let path = "crates/ch01-demo/src/s1_count.rs";
    let text = support::read_text(&slot.root.join(path));
    support::write(&slot.root.join(path), format!("{text}\n").as_bytes());
    assert!(!unchanged(&slot));
    let stub = slot.root.join("crates/ch01-demo/exercises/double.rs");
    let text =
        support::read_text(&stub).replace("todo!(\"exercise", "todo!(\"");
    support::write(&stub, text.as_bytes());
    exits(&slot.tool(&["test", "exercises"]), 1);
    // A failure is not remembered as something that has passed.
    exits(&slot.tool(&["test", "exercises"]), 1);
}

/// A package is tested again, and its programs are run again, if it or what it
/// needs has changed.
#[test]
fn tests_and_outputs_are_kept_by_package() {
    let slot = good();
    let both = |expected: [bool; 2]| {
        let ran = slot.tool(&["test", "crates", "console"]);
        exits(&ran, 0);
        for (stage, kept) in ["crates", "console"].iter().zip(expected) {
            let line = ran.stdout.lines().find(|line| line.starts_with(stage));
            let line = line.unwrap_or_else(|| panic!("no {stage}: {ran}"));
            assert!(line.contains(" ok "), "{ran}");
            assert_eq!(line.contains(" of them unchanged"), kept, "{ran}");
        }
    };
    both([false, false]);
    both([true, true]);
    let append = |path: &str| {
        let path = slot.root.join(path);
        let text = support::read_text(&path);
        support::write(&path, format!("{text}\n").as_bytes());
    };
    // tally, which the chapter needs, is tested no second time.
    append("crates/ch01-demo/src/s1_count.rs");
    both([true, false]);
    // And here both have changed.
    append("crates/tally/src/lib.rs");
    both([false, false]);
    append("Cargo.toml");
    both([false, false]);
    both([true, true]);
}

/// What fails is told at its stage, and again at the end, where a long log is
/// read first. It runs once more by itself, unless that is not wanted.
#[test]
fn a_failure_is_told_twice_and_runs_twice() {
    let mut book = Book::good();
    let path = "crates/tally/src/lib.rs";
    let text = book.text(path).to_owned();
    book.set(
        path,
        text + "\n#[test]\nfn odd() {\n    panic!(\"never\");\n}\n",
    );
    let slot = laid_out(&book);
    let ran = slot.tool(&["test", "crates", "exercises"]);
    exits(&ran, 1);
    let twice = "crates: 1 wrong, looked at once more";
    assert!(ran.stderr.contains(twice), "{ran}");
    let (before, after) = ran
        .stdout
        .split_once("failed: crates\n")
        .unwrap_or_else(|| panic!("no line of what failed: {ran}"));
    for text in [before, after] {
        assert_eq!(text.matches("\n    never\n").count(), 1, "{ran}");
    }
    let ran = slot.tool(&["test", "crates", "exercises", "--once"]);
    exits(&ran, 1);
    assert!(!ran.stderr.contains(twice), "{ran}");
}

#[cfg(unix)]
#[test]
fn a_missing_tool_is_an_excuse_except_for_ci() {
    let slot = good();
    exits(&slot.tool(&["test", "book"]), 0);
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = sysroot.unwrap_or_else(|error| panic!("rustc: {error}"));
    let sysroot = String::from_utf8_lossy(&sysroot.stdout).trim().to_owned();
    let without_browser = |ci: Option<&str>| {
        let mut command = slot.command(&["test", "browser"]);
        command
            .env("PATH", "")
            .env("RUSTC", format!("{sysroot}/bin/rustc"))
            .env_remove("CHROMIUM");
        if let Some(value) = ci {
            command.env("CI", value);
        }
        let ran = support::run(&mut command, LIMIT);
        let line = ran.stdout.lines().next().unwrap_or_default().to_owned();
        assert!(line.contains("needs chromium"), "{ran}");
        let verdict = line.split_whitespace().nth(1).map(str::to_owned);
        (ran.code(), verdict.unwrap_or_default())
    };
    assert_eq!(without_browser(None), (Some(0), "skipped".to_owned()));
    assert_eq!(without_browser(Some("true")), (Some(1), "FAIL".to_owned()));
}

// -------------------------------------------------------- console --bless

/// A page, and the same page after its outputs were written anew.
const UNBLESSED: &str = include_str!("fixtures/bless/before.md");
const BLESSED: &str = include_str!("fixtures/bless/after.md");

#[test]
fn blessing_rewrites_the_outputs_and_nothing_else() {
    let slot = laid_out(&with_page(UNBLESSED));
    exits(&slot.tool(&["test", "console"]), 1);
    let before = pages(&slot);
    let ran = slot.tool(&["test", "console", "--bless"]);
    exits(&ran, 0);
    assert!(ran.stdout.contains("5 rewritten"), "{ran}");
    let mut after = pages(&slot);
    let page = after.insert(PAGE.to_owned(), before[PAGE].clone());
    let page = String::from_utf8_lossy(&page.unwrap_or_default()).into_owned();
    assert_eq!(page, BLESSED);
    assert!(before == after, "another file has changed");
    exits(&slot.tool(&["test", "console"]), 0);
    // Only a sample is taken from each run; here it is the same each time.
    exits(&slot.tool(&["test", "console", "--bless"]), 0);
    assert_eq!(support::read_text(&slot.root.join(PAGE)), BLESSED);
}

#[test]
fn blessing_keeps_the_ends_of_lines() {
    let dos = |text: &str| text.replace('\n', "\r\n");
    let slot = laid_out(&with_page(&dos(UNBLESSED)));
    exits(&slot.tool(&["test", "console", "--bless"]), 0);
    assert_eq!(support::read_text(&slot.root.join(PAGE)), dos(BLESSED));
}

#[test]
fn blessing_does_not_accept_a_wrong_exit_status() {
    let page = "# Introduction\n\n```console,exit=1\n\
                $ cargo run -p ch01-demo --example s1_count\nwrong\n```\n";
    let slot = laid_out(&with_page(page));
    exits(&slot.tool(&["test", "console", "--bless"]), 1);
    assert_eq!(support::read_text(&slot.root.join(PAGE)), page);
}

#[test]
fn blessing_leaves_an_included_output_alone() {
    let page = "# Introduction\n\n```console\n\
                $ cargo run -p ch01-demo --example s1_count\n\
                {{#include output.txt}}\n```\n\nSome text.\n\nMore text.\n";
    let mut book = with_page(page);
    book.set("book/output.txt", "5\n4\n3\n2\n1\n");
    let slot = laid_out(&book);
    let before = pages(&slot);
    let ran = slot.tool(&["test", "console", "--bless"]);
    exits(&ran, 1);
    assert!(ran.stdout.contains("book/introduction.md:4"), "{ran}");
    assert!(before == pages(&slot), "a page has changed");
}

/// The files of the book's pages and crates.
#[track_caller]
fn pages(slot: &Slot) -> BTreeMap<String, Vec<u8>> {
    let mut files = support::files(&slot.root);
    files.retain(|name, _| {
        !name.starts_with("target/") && !name.starts_with("book/starters/")
    });
    files
}

// -------------------------------------------------------- book, preprocess

#[test]
fn the_build_says_where_the_book_is_and_what_is_wrong() {
    let slot = good();
    let ran = slot.tool(&["book"]);
    exits(&ran, 0);
    let index = Path::new(ran.stdout.trim()).to_owned();
    assert!(
        support::read_text(&index).contains("A Small Good Book"),
        "{ran}"
    );
    let zip = slot.root.join("target/book/starters/ch01-demo.zip");
    assert!(support::read(&zip).starts_with(b"PK"), "{}", zip.display());

    slot.lay_out(&with_page("# Introduction\n\n{{#solution none.rs}}\n"));
    let ran = slot.tool(&["book"]);
    exits(&ran, 1);
    assert!(ran.stderr.contains("book/introduction.md:3"), "{ran}");
}

/// What its author says, and what it changes in the exercise; not what both
/// have.
#[test]
fn a_solution_shows_what_it_changes() {
    let mut book = Book::good();
    let path = "crates/ch01-demo/solutions/double.rs";
    let head = "//! The solution of `double`.\n";
    let said = format!("{head}//!\n//! A number and itself.\n");
    book.edit(path, head, &said);
    let slot = laid_out(&book);
    exits(&slot.tool(&["book"]), 0);
    let page = slot.root.join("target/book/ch01-demo/again.html");
    let html = support::read_text(&page);
    let (_, solution) = html.split_once("class=\"solution\"").unwrap();
    let (solution, _) = solution.split_once("</details>").unwrap();
    for shown in [
        "<p>A number and itself.</p>",
        "\n-    todo!",
        "\n+    number + number\n",
        "\n }\n",
    ] {
        assert!(solution.contains(shown), "{shown:?}: {solution}");
    }
    for left_out in ["Fails until", "The solution of", "mod tests"] {
        assert!(!solution.contains(left_out), "{left_out:?}: {solution}");
    }
}

/// mdBook hides a line of Rust that begins with `# `, and takes each line with
/// `ANCHOR:` for a comment, in a string as well.
#[test]
fn a_string_is_shown_as_it_is() {
    let mut book = Book::good();
    // There is no exercise of this name, so it is shown as a whole.
    let path = "crates/ch01-demo/solutions/text.rs";
    let text = "/// # Title\npub fn text() -> &'static str {\n    r#\"\n\
                # one\n## two\nANCHOR: three\n// ANCHOR: four\n\"#\n}\n";
    book.set(path, text);
    book.set("crates/ch01-demo/src/text.rs", format!("//! T.\n{text}"));
    let page = format!(
        "# Introduction\n\n{{{{#solution ../{path}}}}}\n\n\
         <!-- listing: text | Text -->\n```rust,ignore\n\
         {{{{#include ../crates/ch01-demo/src/text.rs}}}}\n```\n"
    );
    book.set(PAGE, page);
    let slot = laid_out(&book);
    exits(&slot.tool(&["book"]), 0);
    let html =
        support::read_text(&slot.root.join("target/book/introduction.html"));
    let shown = "\n# one\n## two\nANCHOR: three\n// ANCHOR: four\n";
    // The solution, the listing, and the whole file below it.
    assert_eq!(html.matches(shown).count(), 3, "{html}");
    let titles = html.matches("\n/// # Title").count();
    assert_eq!(titles, 2, "the whole lines: {html}");
}

/// An installed mdBook calls the tool as a preprocessor. The book that this
/// makes is, file by file, the one that the tool makes by itself, but for what
/// the tool does after mdBook: the contents of the print page, the shorter
/// index of the search.
#[test]
fn as_a_preprocessor_it_makes_the_same_book() {
    let slot = good();
    exits(&slot.tool(&["book"]), 0);
    let folder = slot.root.join("target/book");
    let own = support::files(&folder);
    assert!(own.contains_key("ch01-demo/again.html"), "{:?}", own.keys());
    std::fs::remove_dir_all(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));

    let path = slot.root.join("book.toml");
    let tool = support::tool().to_string_lossy().into_owned();
    let tool = shell_words::quote(&tool).into_owned();
    let settings = support::read_text(&path);
    let changed = settings.replace(
        "cargo run --quiet --package xtask -- preprocess",
        &format!("{tool} preprocess"),
    );
    assert_ne!(settings, changed, "the preprocessor's command is another");
    support::write(&path, changed.as_bytes());
    let book = MDBook::load(&slot.root);
    let built = book.and_then(|book| book.build());
    built.unwrap_or_else(|error| panic!("{error:?}"));
    let others = support::files(&folder);
    let mut different: Vec<&String> = own
        .iter()
        .filter(|(name, content)| others.get(*name) != Some(content))
        .filter(|(name, _)| {
            *name != "print.html" && !name.starts_with("searchindex")
        })
        .map(|(name, _)| name)
        .collect();
    different.extend(others.keys().filter(|name| !own.contains_key(*name)));
    assert!(different.is_empty(), "these differ: {different:?}");
}

#[test]
fn what_is_no_book_is_not_preprocessed() {
    let slot = good();
    exits(&slot.tool(&["preprocess", "supports", "html"]), 0);
    // Nothing is on its standard input.
    let ran = slot.tool(&["preprocess"]);
    exits(&ran, 1);
    assert!(ran.stderr.contains("this is called by mdBook"), "{ran}");
}
