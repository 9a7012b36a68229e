//! The bug of the chapter, shown going wrong in a process of its own, and then
//! right. Linux on x86-64 only.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod support;

use std::path::PathBuf;
use std::process::Command;
use support::within_a_minute;

/// The example, which `cargo test` has built beside this test.
fn example() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("examples/break_alignment")
}

#[test]
fn a_function_entered_8_bytes_off_faults_at_its_first_aligned_store() {
    within_a_minute(|| {
        let output = Command::new(example()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let (with, without) = text.split_once("without:").expect("two halves");
        assert!(with.contains("at ...8\n"), "{text}");
        assert!(with.contains("a store of 16 aligned bytes\n"), "{text}");
        assert!(with.ends_with("ended by SIGSEGV\n"), "{text}");
        assert!(without.contains("at ...0\n  stored: 1.5\n"), "{text}");
        assert!(!without.contains("SIGSEGV"), "{text}");
    });
}
