//! The program: what it prints, where, and with which code it ends.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::watchdog;

/// The program, which cargo builds for this test: it lies in the folder above.
fn program() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let folder = this.parent().and_then(Path::parent).unwrap();
    folder.join(format!("corofy{}", std::env::consts::EXE_SUFFIX))
}

fn run(arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn temporary(name: &str) -> PathBuf {
    let name = format!("corofy-{}-{name}", std::process::id());
    std::env::temp_dir().join(name)
}

#[test]
fn it_prints_the_state_machine_with_the_origin_of_each_arm() {
    let _dog = watchdog();
    let output = run(&["--explain", "tests/golden/straight.rs"]);
    assert!(output.status.success());
    let expected = std::fs::read("tests/golden/straight.out.rs").unwrap();
    assert_eq!(text(&output.stdout), text(&expected));
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn it_writes_into_a_file() {
    let _dog = watchdog();
    let out = temporary("out.rs");
    let output = run(&["tests/golden/loops.rs", "-o", out.to_str().unwrap()]);
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "");
    let written = std::fs::read_to_string(&out).unwrap();
    std::fs::remove_file(&out).unwrap();
    assert!(written.contains("enum State<"), "{written}");
    assert!(!written.contains("// line"), "{written}");
}

#[test]
fn a_fault_is_told_with_file_line_and_column_and_code_1() {
    let _dog = watchdog();
    let file = temporary("fault.rs");
    std::fs::write(&file, "#[coroutine]\nfn f() {\n  || g().wait;\n}\n")
        .unwrap();
    let output = run(&[file.to_str().unwrap()]);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    let start = format!("{}:3:10: a wait in a closure", file.display());
    assert!(text(&output.stderr).starts_with(&start), "{output:?}");
}

#[test]
fn a_file_that_is_not_there_is_one_line_and_code_1() {
    let _dog = watchdog();
    let output = run(&["there/is/none.rs"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr).lines().count(), 1);
}

#[test]
fn a_wrong_argument_is_code_2_and_says_the_usage() {
    let _dog = watchdog();
    for arguments in [&["--fast"][..], &[], &["a.rs", "b.rs"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let usage = "usage: corofy FILE [-o OUT] [--explain]";
        assert!(text(&output.stderr).contains(usage), "{output:?}");
    }
}
