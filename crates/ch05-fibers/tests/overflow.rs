//! Stacks that overflow, each in a process of its own.

mod support;

use std::path::PathBuf;
use std::process::{Command, Output};
use support::within_a_minute;

/// The example, which `cargo test` has built beside this test.
///
/// `None` where only this program is emulated, and the kernel cannot start
/// another one: then the emulator reports 127, and nothing has been tested.
fn overflow(how: &'static str) -> Option<Output> {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push(format!("examples/overflow{}", std::env::consts::EXE_SUFFIX));
    let output =
        within_a_minute(move || Command::new(path).arg(how).output().unwrap());
    if output.status.code() == Some(127) {
        eprintln!("not tested: this emulator cannot start a child");
        return None;
    }
    Some(output)
}

#[track_caller]
fn says(output: &Output, text: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(text), "{said:?} {:?}", output.status);
    assert!(!output.status.success());
}

#[test]
fn the_fiber_is_named() {
    let Some(output) = overflow("overflow") else {
        return;
    };
    says(
        &output,
        "fiber 'deep' (3) has overflowed its stack of 64 KiB\n",
    );
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(output.status.signal(), Some(libc::SIGABRT));
    }
}

#[test]
fn a_frame_larger_than_the_guard_does_not_jump_over_it() {
    let Some(output) = overflow("large-frame") else {
        return;
    };
    says(&output, "fiber 2 has overflowed its stack of 64 KiB\n");
}

#[cfg(unix)]
#[test]
fn other_faults_are_passed_on() {
    use std::os::unix::process::ExitStatusExt;
    let Some(output) = overflow("other-fault") else {
        return;
    };
    let signal = output.status.signal();
    let known = [Some(libc::SIGSEGV), Some(libc::SIGBUS)];
    assert!(known.contains(&signal), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("overflowed"), "{said}");
}
