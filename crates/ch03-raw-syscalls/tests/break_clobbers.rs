//! The bugs of the chapter, each shown going wrong in a process of its own, and
//! then right. Linux on x86-64 only: the clobbers are those of its `syscall`.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::ffi::OsString;
use std::process::Command;
use testing::within_a_minute;

const RIGHT: &str = "with both clobbers declared: 2026";
const WRONG: &str = "with neither declared:       ";

/// Builds the example as a reader would, and returns what it prints.
///
/// In a target folder of its own: the cargo that runs this test may still hold
/// the lock of the usual one. Where things lie is asked for when the test runs:
/// the checkout may have been moved since it was compiled. The target is named,
/// as the reader's own settings of cargo may name another.
fn build_and_run(example: &str, optimised: bool) -> String {
    let triple = if cfg!(target_env = "musl") {
        "x86_64-unknown-linux-musl"
    } else {
        "x86_64-unknown-linux-gnu"
    };
    let this = std::env::current_exe().expect("it is running");
    let target = this.with_file_name("break_clobbers");
    let (folder, level) = if optimised {
        ("release", "profile.release.opt-level=3")
    } else {
        ("debug", "profile.dev.opt-level=0")
    };
    let mut build = Command::new(asked("CARGO"));
    build
        .args(["build", "--quiet", "--offline"])
        .args(["--example", example, "--config", level])
        .arg("--manifest-path")
        .arg(testing::package_folder().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .args(["--target", triple])
        // The flags of the outer build are not for this one.
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS");
    if optimised {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success(), "{build:?}");
    let program = target
        .join(triple)
        .join(folder)
        .join("examples")
        .join(example);
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A variable that cargo sets for the tests it runs.
fn asked(name: &str) -> OsString {
    std::env::var_os(name).expect("cargo runs this and sets it")
}

/// One test and not two: they would wait for each other's lock anyway.
#[test]
fn broken_promises_go_wrong_once_the_optimiser_believes_them() {
    within_a_minute(|| {
        let plain = build_and_run("break_clobbers", false);
        let both_right = format!("{RIGHT}\n{WRONG}2026\n");
        assert_eq!(plain, both_right, "nothing was kept in registers");

        let optimised = build_and_run("break_clobbers", true);
        let sum = optimised.strip_prefix(RIGHT).expect("declared is right");
        let sum = sum.trim_start().strip_prefix(WRONG).expect("two lines");
        let sum: u64 = sum.trim_end().parse().expect("a number");
        assert_ne!(sum, 2026, "the bug did not show");

        let right = "without nomem, the line arrives: true\n";
        let line = |arrives| {
            format!("{right}with nomem, the line arrives:    {arrives}\n")
        };
        let plain = build_and_run("break_nomem", false);
        assert_eq!(plain, line(true), "the bytes were not in memory");
        let optimised = build_and_run("break_nomem", true);
        assert_eq!(optimised, line(false), "the bug did not show");
    });
}
