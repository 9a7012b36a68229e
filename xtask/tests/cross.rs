//! Other platforms: which are known, which stages are for them, and what is
//! recorded of them for the status of a chapter.

mod support;

use std::process::Command;

use support::{LIMIT, Slot, exits, good, read_text, wrong_use};

/// Where the record is.
const RECORD: &str = "book/platforms.json";

/// The platform of this machine's compiler.
#[track_caller]
fn host() -> String {
    let ran = support::run(Command::new("rustc").arg("-vV"), LIMIT);
    let mut lines = ran.stdout.lines();
    let host = lines.find_map(|line| line.strip_prefix("host: "));
    host.unwrap_or_else(|| panic!("{ran}")).to_owned()
}

/// The lines of a run of `test` with these arguments, which passes.
#[track_caller]
fn passes(slot: &Slot, arguments: &[&str]) -> String {
    let ran = slot.tool(&[&["test"], arguments].concat());
    exits(&ran, 0);
    ran.stdout
}

#[test]
fn an_unknown_platform_is_answered_by_the_known_ones() {
    let slot = good();
    let known = [
        "did you mean aarch64-unknown-linux-gnu?",
        "x86_64-pc-windows-gnu",
    ];
    for arguments in [
        &["test", "--target", "aarch64-linux-gnu"][..],
        &["cross", "setup", "aarch64-linux-gnu"],
    ] {
        wrong_use(&slot.tool(arguments), &known);
    }
}

#[test]
fn a_stage_that_looks_at_text_is_not_for_another_target() {
    let slot = good();
    let ran = slot.tool(&["test", "lint", "crates", "--target", &host()]);
    wrong_use(
        &ran,
        &["the stage lint is not for another target: it reads the"],
    );
}

#[test]
fn only_the_crates_stage_records() {
    let slot = good();
    for stages in [&["test", "--record"][..], &["test", "lint", "--record"]] {
        wrong_use(&slot.tool(stages), &["cargo xtask test crates --record"]);
    }
}

/// This machine's own platform needs nothing, and is a platform like others.
#[test]
fn the_crates_are_tested_for_a_target() {
    let slot = good();
    let host = host();
    let lines = passes(&slot, &["--target", &host]);
    assert!(lines.contains(", here"), "{lines}");
    assert!(
        lines.contains("not for another target: it reads the text"),
        "{lines}"
    );
    let crates = passes(&slot, &["crates", "--target", &host]);
    assert!(crates.contains("of them unchanged"), "{crates}");
    // What has passed for a target has not passed without one.
    let crates = passes(&slot, &["crates"]);
    assert!(!crates.contains("of them unchanged"), "{crates}");
}

#[test]
fn what_has_run_is_recorded_and_told_by_the_status() {
    let slot = good();
    let file = slot.root.join(RECORD);
    passes(&slot, &["crates", "tally"]);
    assert!(!file.exists(), "nothing is recorded that nobody asked for");
    let lines = passes(&slot, &["crates", "--record"]);
    assert!(lines.contains("1 chapters recorded"), "{lines}");
    let text = read_text(&file);
    let host = host();
    for part in [
        &*format!("\"target\": \"{host}\""),
        "\"chapter\": \"ch01-demo\"",
        "\"done\": \"run\"",
        "\"command\": \"cargo xtask test crates\"",
    ] {
        assert!(text.contains(part), "{text}");
    }
    // tally is no chapter, and has no status.
    assert!(!text.contains("tally"), "{text}");
    passes(&slot, &["crates", "--record", "--target", &host]);
    let again = read_text(&file);
    let command = format!("cargo xtask test crates --target {host}");
    assert!(again.contains(&command), "{again}");
    assert_eq!(again.matches("\"chapter\"").count(), 1, "{again}");
    exits(&slot.tool(&["book"]), 0);
    let page = read_text(&slot.root.join("target/book/ch01-demo/index.html"));
    assert!(page.contains("<dt>Tests run on</dt>"), "{page}");
    // A failure records nothing.
    let lib = slot.root.join("crates/tally/src/lib.rs");
    let broken = read_text(&lib) + "\n#[test]\nfn odd() {\n    panic!();\n}\n";
    support::write(&lib, broken.as_bytes());
    exits(&slot.tool(&["test", "crates", "--record", "--once"]), 1);
    assert_eq!(read_text(&file), again);
}
