//! Programs that misbehave. The tool lies beside this test program: cargo
//! builds it for the tests in `tests/`.

use super::*;

const LIMIT: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Command {
    let mut shell = command("sh");
    shell.args(["-c", script]);
    shell
}

#[test]
fn both_streams_keep_their_order() {
    let done = run(&mut shell("echo a; echo b >&2; echo c"), LIMIT).unwrap();
    assert!(done.success(), "{done:?}");
    assert_eq!(done.output, "a\nb\nc\n");
}

#[test]
fn codes_and_signals_are_told_as_they_were() {
    let done = run(&mut shell("exit 7"), LIMIT).unwrap();
    assert_eq!(done.status().and_then(|status| status.code()), Some(7));
    let done = run(&mut shell("kill -9 $$"), LIMIT).unwrap();
    assert!(done.ending().contains("SIGKILL"), "{done:?}");
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let error = run(&mut command("no-such-program"), LIMIT).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("no-such-program"), "{error}");
    assert!(error.contains("does not start"), "{error}");
}

#[test]
fn a_program_that_hangs_is_killed_with_its_children() {
    let started = Instant::now();
    let limit = Duration::from_millis(300);
    let done =
        run(&mut shell("echo before; sleep 60 & sleep 60"), limit).unwrap();
    assert!(matches!(done.ending, Ending::TooLong(_)), "{done:?}");
    assert_eq!(done.output, "before\n");
    assert!(started.elapsed() < Duration::from_secs(50));
}

#[test]
fn a_program_that_prints_for_ever_is_stopped() {
    let done = run(&mut shell("yes"), LIMIT).unwrap();
    assert!(matches!(done.ending, Ending::TooMuch), "{:?}", done.ending);
    assert_eq!(done.output.len(), OUTPUT_LIMIT);
}

#[test]
fn what_is_left_running_is_a_failure_and_the_output_is_kept() {
    let script = "echo said; sleep 61 >/dev/null 2>&1 &";
    let done = run(&mut shell(script), LIMIT).unwrap();
    assert_eq!(done.output, "said\n");
    assert!(!done.success());
    assert!(matches!(done.ending, Ending::LeftBehind(..)), "{done:?}");
}

#[test]
fn what_holds_the_pipe_does_not_hold_the_output_back() {
    let started = Instant::now();
    let done = run(&mut shell("echo said; sleep 62 &"), LIMIT).unwrap();
    assert_eq!(done.output, "said\n");
    assert!(!done.success());
    assert!(started.elapsed() < Duration::from_secs(50));
}

#[cfg(target_os = "linux")]
#[test]
fn leaving_the_group_is_no_escape() {
    let done =
        run(&mut shell("setsid sleep 63.25 & sleep 0.2"), LIMIT).unwrap();
    let Ending::LeftBehind(_, names) = &done.ending else {
        panic!("{done:?}");
    };
    assert_eq!(names, &["sleep"]);
    assert!(!runs("63.25"));
}

#[cfg(target_os = "linux")]
fn runs(argument: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline"));
        line.is_ok_and(|line| line == format!("sleep\0{argument}\0").as_bytes())
    })
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_eats_the_machine_is_stopped() {
    // `tail` keeps what it reads until there is an end or a line.
    let mut command = shell("tail /dev/zero");
    command.env("XTASK_MEMORY_MIB", "100");
    let done = run(&mut command, 3 * LIMIT).unwrap();
    assert!(matches!(done.ending, Ending::TooLarge(_)), "{done:?}");
}

#[test]
fn a_hanging_test_is_named() {
    let script = "echo '..test it::waits has been running for over 60 seconds'; \
                  sleep 64";
    let done = run(&mut shell(script), LIMIT).unwrap();
    assert!(done.ending().contains("it::waits"), "{done:?}");
}

#[test]
fn the_environment_is_the_tools_own() {
    let script = "echo $LC_ALL $TERM $CARGO_TERM_VERBOSE $CARGO_TERM_QUIET";
    let done = run(&mut shell(script), LIMIT).unwrap();
    assert_eq!(done.output, "C.UTF-8 dumb false false\n");
}
