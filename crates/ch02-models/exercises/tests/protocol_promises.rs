//! The tests of exercise `protocol_promises`, for the stub and the solution.

use super::visit;
use ch02_models::protocol::Peer;
use ch02_models::{Log, Loop};
use std::cell::RefCell;
use std::rc::Rc;

#[path = "protocol_support.rs"]
mod support;
use support::{End, SCRIPTS, Script, straight};

/// The lines, and all that the promise came to.
fn run(script: Script) -> (Vec<String>, Vec<End>) {
    let (mut timers, log) = (Loop::new(), Log::new());
    let ends = Rc::new(RefCell::new(Vec::new()));
    let theirs = Rc::clone(&ends);
    let peer = Peer::new(script, &log);
    let end = visit(&mut timers, peer, "ada");
    assert_eq!(
        log.lines(),
        ["> HELLO ada"],
        "exercise protocol_promises: before the loop runs, only this is said"
    );
    end.finally(move |_, end| theirs.borrow_mut().push(end));
    timers.run();
    (log.lines(), ends.take())
}

#[test]
fn the_transcripts_are_the_same() {
    for (name, script) in SCRIPTS {
        let (lines, _) = run(script);
        let (expected, _) = straight(script);
        let wrong = "exercise protocol_promises: other lines";
        assert_eq!(lines, expected, "{wrong}: {name}");
    }
}

#[test]
fn the_promise_comes_to_the_same_end() {
    for (name, script) in SCRIPTS {
        let (_, ends) = run(script);
        let (_, expected) = straight(script);
        let wrong = "exercise protocol_promises: another end";
        assert_eq!(ends, [expected], "{wrong}: {name}");
    }
}

#[test]
fn it_continues_without_a_listener() {
    let (mut timers, log) = (Loop::new(), Log::new());
    let (_, script) = SCRIPTS[0];
    drop(visit(&mut timers, Peer::new(script, &log), "ada"));
    timers.run();
    let wrong = "exercise protocol_promises: it stopped half way";
    assert_eq!(log.lines(), straight(script).0, "{wrong}");
}
