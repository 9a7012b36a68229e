//! Runs one model of chapter 2 and prints what happened, one JSON object a
//! line: who goes on, who sleeps, whose code runs. The figure of the page is
//! recorded from it. `cargo run --example timeline -- MODEL`.
//!
//! Lines and threads are those of the run. That a thread sleeps between two
//! lines is what its code says there: `tests/transcripts.rs` measures it.

use ch02_models::{Log, MODELS, Model};
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::thread;
use testing::{print, println};

/// What is special about a model, for people.
struct Words {
    /// The line where the main thread begins to wait.
    waits: &'static str,
    /// The line where the errand is begun.
    begins: &'static str,
    /// What is kept of the errand while it waits.
    kept: &'static str,
    /// How the errand gets its turn.
    turn: &'static str,
}

fn words(model: &str) -> Words {
    let (waits, begins, kept, turn) = match model {
        "threads" => ("errand.join()", "thread::spawn", "its stack", ""),
        "callbacks" => (
            "timers.run()",
            "errand(&mut timers",
            "a closure",
            "callback",
        ),
        "promises" => (
            "timers.run()",
            "errand(&mut timers",
            "a chain",
            "continuation",
        ),
        "coroutines" => {
            ("timers.run()", "drive(&mut timers", "an enum", "resume")
        }
        _ => (
            "executor.block_on(errand)",
            "executor.spawn(errand)",
            "a future",
            "poll",
        ),
    };
    Words {
        waits,
        begins,
        kept,
        turn,
    }
}

/// The events, as text.
struct Events(String);

impl Events {
    fn add(&mut self, lane: &str, kind: &str, text: &str, more: &str) {
        writeln!(
            self.0,
            "{{\"lane\": \"{lane}\", \"kind\": \"{kind}\", \
             \"text\": \"{text}\", {more}}}"
        )
        .expect("a string takes it");
    }
}

/// The other fields: what happened, and in which line.
fn more(detail: &str, at: &str) -> String {
    let at = at.replace('"', "\\\"");
    format!("\"detail\": \"{detail}\", \"at\": \"{at}\"")
}

/// Runs a model: its lines, and whether the main thread said them.
fn lines(model: Model) -> Vec<(String, bool)> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let (theirs, main) = (Arc::clone(&lines), thread::current().id());
    let log = Log::with_listener(move |line| {
        let here = thread::current().id() == main;
        let mut lines = theirs.lock().expect("nobody panics with it");
        lines.push((line.to_string(), here));
    });
    (model.run)(&log);
    lines.lock().expect("nobody panics with it").clone()
}

/// The main line sends off its errand.
fn begins(events: &mut Events, what: &str, at: &str, words: &Words) {
    let detail = "The main line begins.";
    events.add("main", "work", what, &more(detail, at));
    let detail = "The errand is begun, and the main line goes on.";
    let detail = more(detail, words.begins);
    let kept = format!(
        "\"to\": \"errand\", \"answer\": \"200 ms\", {detail}, \
         \"state\": {{\"kept\": \"{}\"}}",
        words.kept
    );
    events.add("main", "call", "begin", &kept);
    if words.turn.is_empty() {
        let detail = "It has a thread of its own, which sleeps.";
        let detail = more(detail, "sleep(ms(200))");
        events.add("errand", "sleep", "200 ms", &detail);
    }
}

fn events(model: Model) -> String {
    let words = words(model.name);
    let mut events = Events(String::new());
    let mut waits = ["100 ms", "50 ms"].into_iter();
    for (line, here) in lines(model) {
        let (who, what) = line.split_once(": ").unwrap_or(("", &line));
        let at = match what.split_once(", ") {
            Some(("done", _)) => "main: done".to_string(),
            _ => format!("\"{line}\""),
        };
        match (who, what) {
            ("main", "an errand is sent off") => {
                begins(&mut events, what, &at, &words);
            }
            ("main", "goes on meanwhile") => {
                let detail = "Nobody waits for the errand yet.";
                events.add("main", "work", what, &more(detail, &at));
                let detail = "There is nothing else to do: the thread sleeps.";
                let detail = more(detail, words.waits);
                events.add("main", "sleep", "waits", &detail);
            }
            ("errand", _) if here => {
                let detail = "The timer rings, and the loop goes on.";
                let detail = more(detail, words.waits);
                events.add("main", "wake", "timer", &detail);
                let wait = waits.next();
                let answer = wait.unwrap_or("the result");
                let detail = format!("The loop runs a piece: {what}.");
                let detail = more(&detail, &at);
                let mut rest = format!(
                    "\"to\": \"errand\", \"answer\": \"{answer}\", {detail}"
                );
                if wait.is_none() {
                    rest += ", \"state\": {\"kept\": \"nothing\"}";
                }
                events.add("main", "call", words.turn, &rest);
                if wait.is_some() {
                    let detail = more("Until the next timer.", words.waits);
                    events.add("main", "sleep", "waits", &detail);
                }
            }
            ("errand", _) => {
                let detail = "The kernel wakes the errand's own thread.";
                events.add("errand", "wake", "timer", &more(detail, &at));
                let detail = "It goes on in the next line.";
                events.add("errand", "work", what, &more(detail, &at));
                match waits.next() {
                    Some(wait) => {
                        let number = wait.trim_end_matches(" ms");
                        let at = format!("sleep(ms({number}))");
                        let detail = more("It sleeps again.", &at);
                        events.add("errand", "sleep", wait, &detail);
                    }
                    None => {
                        let detail = "It ends, and the main thread is woken.";
                        let detail = more(detail, words.waits);
                        let rest = format!(
                            "\"to\": \"main\", {detail}, \
                             \"state\": {{\"kept\": \"nothing\"}}"
                        );
                        events.add("errand", "wake", "join", &rest);
                    }
                }
            }
            _ => {
                let detail = more("The result is there.", &at);
                events.add("main", "work", what, &detail);
            }
        }
    }
    events.0
}

fn main() {
    let names = MODELS.map(|model| model.name);
    let wanted = std::env::args().nth(1);
    let model = MODELS
        .iter()
        .find(|model| Some(model.name) == wanted.as_deref());
    match model {
        Some(model) => print!("{}", events(*model)),
        None => println!("one of these, please: {}", names.join(", ")),
    }
}

#[test]
fn runs() {
    let mut shapes = MODELS.map(|model| {
        let events = events(model);
        let kinds = ["wake", "sleep", "call", "work"].map(|kind| {
            events.matches(&format!("\"kind\": \"{kind}\"")).count()
        });
        (model.name, kinds)
    });
    // A thread wakes another at its end; a loop is woken by timers only.
    let (_, threads) = shapes[0];
    assert_eq!(threads, [4, 4, 1, 6]);
    shapes.rotate_left(1);
    for (name, kinds) in &shapes[..4] {
        assert_eq!(*kinds, [3, 3, 4, 3], "{name}");
    }
}
