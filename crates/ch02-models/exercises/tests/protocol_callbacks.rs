//! The tests of exercise `protocol_callbacks`, for the stub and the solution.

use super::visit;
use ch02_models::protocol::Peer;
use ch02_models::{Log, Loop};
use std::cell::RefCell;
use std::rc::Rc;

#[path = "protocol_support.rs"]
mod support;
use support::{End, SCRIPTS, Script, straight};

/// The lines, and all that `done` was called with.
fn run(script: Script) -> (Vec<String>, Vec<End>) {
    let (mut timers, log) = (Loop::new(), Log::new());
    let ends = Rc::new(RefCell::new(Vec::new()));
    let theirs = Rc::clone(&ends);
    let peer = Peer::new(script, &log);
    visit(&mut timers, peer, "ada", move |_, end| {
        theirs.borrow_mut().push(end);
    });
    let early = ends.borrow().is_empty();
    assert!(
        early,
        "exercise protocol_callbacks: done before it could be"
    );
    assert_eq!(
        log.lines(),
        ["> HELLO ada"],
        "exercise protocol_callbacks: before the loop runs, only this is said"
    );
    timers.run();
    (log.lines(), ends.take())
}

#[test]
fn the_transcripts_are_the_same() {
    for (name, script) in SCRIPTS {
        let (lines, _) = run(script);
        let (expected, _) = straight(script);
        let wrong = "exercise protocol_callbacks: other lines";
        assert_eq!(lines, expected, "{wrong}: {name}");
    }
}

#[test]
fn done_is_called_once_with_the_end() {
    for (name, script) in SCRIPTS {
        let (_, ends) = run(script);
        let (_, expected) = straight(script);
        let wrong = "exercise protocol_callbacks: done is not called once";
        assert_eq!(ends, [expected], "{wrong} with the end: {name}");
    }
}

#[test]
fn two_visits_go_on_at_the_same_time() {
    let (mut timers, log) = (Loop::new(), Log::new());
    let (_, script) = SCRIPTS[0];
    let ends = Rc::new(RefCell::new(Vec::new()));
    for name in ["ada", "bob"] {
        let theirs = Rc::clone(&ends);
        let peer = Peer::new(script, &log);
        visit(&mut timers, peer, name, move |_, end| {
            theirs.borrow_mut().push((name, end.is_ok()));
        });
    }
    let wrong = "exercise protocol_callbacks: one waits for the other";
    assert_eq!(log.lines(), ["> HELLO ada", "> HELLO bob"], "{wrong}");
    timers.run();
    let ends = ends.take();
    assert_eq!(ends, [("ada", true), ("bob", true)], "{wrong}");
}
