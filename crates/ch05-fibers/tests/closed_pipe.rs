//! The examples, when their output is not read to its end.

#![cfg(unix)]

#[path = "../examples/quiet/mod.rs"]
mod quiet;
mod support;

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::process::Stdio;
use support::runtime;
use testing::within_a_minute;

const NAME: &str = "a_fiber_that_prints_into_a_closed_pipe_ends_quietly";
const CHILD: &str = "CH05_CLOSED_PIPE";

/// The child is this program with this one test. It prints when its input ends,
/// which is after its output was closed.
#[test]
fn a_fiber_that_prints_into_a_closed_pipe_ends_quietly() {
    if env::var_os(CHILD).is_some() {
        io::stdin().read_to_end(&mut Vec::new()).unwrap();
        quiet::end_on_closed_pipes();
        runtime().run(|| println!("this is not read"));
        eprintln!("it was printed");
        return;
    }
    within_a_minute(|| {
        let mut child = testing::this_program()
            .args([NAME, "--exact", "--nocapture"])
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The test harness says that it begins, to those that are there.
        // What it says is read, and the pipe is closed with this statement.
        let begins = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .any(|line| line.unwrap().contains("running"));
        drop(child.stdin.take());
        let output = child.wait_with_output().unwrap();
        if !begins && output.status.code() == Some(127) {
            return eprintln!("not tested: this emulator cannot start a child");
        }
        assert!(begins);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said, "");
        assert_eq!(output.status.code(), Some(0));
    });
}

#[test]
fn every_example_ends_quietly() {
    let folder = testing::package_folder().join("examples");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|name| name == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let mains = text.matches("\nfn main()").count();
            let calls = text.matches("quiet::end_on_closed_pipes();").count();
            // A second `main` is for other systems, and says so in one line.
            assert_eq!(calls, 1, "{path:?}");
            assert!((1..=2).contains(&mains), "{path:?}");
            count += 1;
        }
    }
    assert!(count > 0);
}
