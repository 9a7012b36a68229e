//! The bug of the chapter, shown going wrong in a process of its own, and then
//! right. Linux on x86-64 only: the clobbers are those of its `syscall`.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod support;

use std::path::Path;
use std::process::Command;
use support::within_a_minute;

const RIGHT: &str = "with both clobbers declared: 2026";
const WRONG: &str = "with neither declared:       ";

/// Builds the example as a reader would, and returns what it prints.
///
/// In a target folder of its own: the cargo that runs this test may still hold
/// the lock of the usual one.
fn build_and_run(optimised: bool) -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("break_clobbers");
    let (folder, level) = if optimised {
        ("release", "profile.release.opt-level=3")
    } else {
        ("debug", "profile.dev.opt-level=0")
    };
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--quiet", "--offline"])
        .args(["--example", "break_clobbers", "--config", level])
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        // What the outer build was told is not for this one.
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS");
    if optimised {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success(), "{build:?}");
    let program = target.join(folder).join("examples/break_clobbers");
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// One test and not two: they would wait for each other's lock anyway.
#[test]
fn undeclared_clobbers_go_wrong_once_the_optimiser_uses_the_registers() {
    within_a_minute(|| {
        let plain = build_and_run(false);
        let both_right = format!("{RIGHT}\n{WRONG}2026\n");
        assert_eq!(plain, both_right, "nothing was kept in registers");

        let optimised = build_and_run(true);
        let sum = optimised.strip_prefix(RIGHT).expect("declared is right");
        let sum = sum.trim_start().strip_prefix(WRONG).expect("two lines");
        let sum: u64 = sum.trim_end().parse().expect("a number");
        assert_ne!(sum, 2026, "the bug did not show");
    });
}
