//! The tests of exercise `protocol_machine`, for the stub and the solution.

use super::Visit;
use ch02_models::protocol::{PATIENCE, Peer};
use ch02_models::{Coroutine, Log, Loop, Step, s4_coroutines};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

#[path = "protocol_support.rs"]
mod support;
use support::{End, SCRIPTS, Script, straight};

const TEN: Duration = Duration::from_millis(10);

/// The lines, the end, and the waits, which are not slept through.
fn run(script: Script) -> (Vec<String>, End, Vec<Duration>) {
    let log = Log::new();
    let mut visit = Visit::new(Peer::new(script, &log), "ada");
    let mut waits = Vec::new();
    let early = log.lines().is_empty();
    assert!(
        early,
        "exercise protocol_machine: it speaks before `resume`"
    );
    for _ in 0..100 {
        match visit.resume() {
            Step::Wait(delay) => waits.push(delay),
            Step::Done(end) => return (log.lines(), end, waits),
        }
    }
    panic!("exercise protocol_machine: no end after a hundred pieces");
}

#[test]
fn the_transcripts_and_the_ends_are_the_same() {
    for (name, script) in SCRIPTS {
        let (lines, end, _) = run(script);
        let (expected, expected_end) = straight(script);
        let wrong = "exercise protocol_machine: other lines";
        assert_eq!(lines, expected, "{wrong}: {name}");
        let wrong = "exercise protocol_machine: another end";
        assert_eq!(end, expected_end, "{wrong}: {name}");
    }
}

#[test]
fn it_waits_once_for_each_answer() {
    for (name, script) in SCRIPTS {
        let start = Instant::now();
        let (lines, _, waits) = run(script);
        let answers = lines.iter().filter(|line| line.starts_with('<'));
        let expected: Vec<_> = answers
            .map(|line| if line == "< (silence)" { PATIENCE } else { TEN })
            .collect();
        let wrong = "exercise protocol_machine: other waits";
        assert_eq!(waits, expected, "{wrong}: {name}");
        let wrong = "exercise protocol_machine: `resume` sleeps";
        let least: Duration = waits.iter().sum();
        // A machine so busy that this takes long must not be blamed.
        let slept = start.elapsed() >= least && run_is_slow(script, least);
        assert!(!slept, "{wrong}: {name}");
    }
}

/// Whether it takes that long each time.
fn run_is_slow(script: Script, least: Duration) -> bool {
    (0..20).all(|_| {
        let start = Instant::now();
        let _ = run(script);
        start.elapsed() >= least
    })
}

#[test]
fn the_chapters_scheduler_drives_it() {
    let (mut timers, log) = (Loop::new(), Log::new());
    let (_, script) = SCRIPTS[0];
    let ends = Rc::new(RefCell::new(Vec::new()));
    for name in ["ada", "bob"] {
        let visit = Visit::new(Peer::new(script, &log), name);
        let theirs = Rc::clone(&ends);
        s4_coroutines::drive(&mut timers, visit, move |_, end| {
            theirs.borrow_mut().push(end.is_ok());
        });
    }
    let wrong = "exercise protocol_machine: one waits for the other";
    assert_eq!(log.lines(), ["> HELLO ada", "> HELLO bob"], "{wrong}");
    timers.run();
    assert_eq!(ends.take(), [true, true], "{wrong}");
}
