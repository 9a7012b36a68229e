//! Runs one model of chapter 2 and prints what happened, one JSON object a
//! line. The figure of the page is recorded from it. `cargo run --example
//! timeline -- MODEL`, where the model is `threads` or `async`.
//!
//! Lines, threads and polls are those of the run. That a thread sleeps between
//! two of them is what its code says there: `tests/transcripts.rs` measures it.

use ch02_models::archive::TITLE;
use ch02_models::{Executor, Log, TRANSCRIPT, s1_threads, s5_async};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::thread;
use testing::{print, println};

/// What can be seen of a run from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    /// A line was said, on the main thread or on another one.
    Said { line: String, on_main: bool },
    /// The async function was called, and has returned.
    Called,
    /// Its future was spawned.
    Spawned,
    /// A poll has returned.
    Polled { ready: bool },
}

/// What was seen so far. Clones add to the same list.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Vec<Seen>>>);

impl Watch {
    fn add(&self, seen: Seen) {
        self.0
            .lock()
            .expect("no panic while it is locked")
            .push(seen);
    }

    fn log(&self) -> Log {
        let (watch, main) = (self.clone(), thread::current().id());
        Log::with_listener(move |line| {
            let on_main = thread::current().id() == main;
            let line = line.to_string();
            watch.add(Seen::Said { line, on_main });
        })
    }

    fn take(&self) -> Vec<Seen> {
        self.0.lock().expect("no panic while it is locked").clone()
    }
}

fn watch_threads() -> Vec<Seen> {
    let watch = Watch::default();
    s1_threads::run(&watch.log());
    watch.take()
}

/// [`s5_async::run`], with a future around the errand's that notes its polls.
fn watch_async() -> Vec<Seen> {
    let watch = Watch::default();
    let (log, polls) = (watch.log(), watch.clone());
    let executor = Executor::new();
    log.say(TRANSCRIPT[0]);
    let errand = s5_async::errand(executor.timers(), TITLE, log.clone());
    watch.add(Seen::Called);
    let task = executor.spawn(async move {
        let mut errand = pin!(errand);
        poll_fn(|cx| {
            let poll = errand.as_mut().poll(cx);
            let ready = poll.is_ready();
            polls.add(Seen::Polled { ready });
            poll
        })
        .await
    });
    watch.add(Seen::Spawned);
    log.say(TRANSCRIPT[1]);
    let bytes = executor.block_on(task);
    log.say(format!("main: done, {bytes} bytes"));
    watch.take()
}

/// A text as JSON.
fn json(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The events, a line for each.
#[derive(Default)]
struct Events(String);

impl Events {
    /// An event of a lane: what the picture says, the caption, the line of code.
    fn add(&mut self, lane: &str, kind: &str, [text, detail, at]: [&str; 3]) {
        let fields = [("lane", lane), ("kind", kind), ("text", text)];
        let fields = fields.into_iter().chain([("detail", detail), ("at", at)]);
        let fields =
            fields.map(|(name, value)| format!("\"{name}\": {}", json(value)));
        let fields: Vec<_> = fields.collect();
        self.0 += &format!("{{{}}}\n", fields.join(", "));
    }

    /// One more field of the latest event.
    fn with(&mut self, name: &str, value: &str) {
        self.0.truncate(self.0.len() - 2);
        self.0 += &format!(", \"{name}\": {value}}}\n");
    }

    /// What keeps the errand's place after the latest event.
    fn kept(&mut self, kept: &str) {
        self.with("state", &format!("{{\"kept\": {}}}", json(kept)));
    }
}

/// What a line says, without its speaker, and the code that says it.
fn line_and_code(line: &str) -> (&str, &'static str) {
    let code = [
        "\"main: sends off an errand\"",
        "\"main: carries on meanwhile\"",
        "errand: {title} is number",
        "errand: it begins",
        "errand: stored",
        "main: done",
    ];
    let place = TRANSCRIPT.iter().position(|known| *known == line);
    let said = line.split_once(": ").map_or(line, |(_, said)| said);
    (said, code[place.expect("a line of the transcript")])
}

/// The waits: their code, how long they take, and what keeps the place then.
const WAITS: [[&str; 3]; 3] = [
    ["look_up(title)", "30 ms", "in the first wait"],
    [
        "fetch(number)",
        "120 ms",
        "in the second wait, number: 2701",
    ],
    ["store(number, text)", "60 ms", "in the third wait"],
];

fn threads_events(seen: &[Seen]) -> String {
    let mut events = Events::default();
    let mut waits = WAITS.into_iter();
    let mut sleep = |events: &mut Events| {
        let Some([at, time, place]) = waits.next() else {
            return;
        };
        let detail = "The errand's own thread sleeps.";
        events.add("errand", "sleep", [time, detail, at]);
        events.kept(&format!("a stack: {place}"));
        if at.starts_with("fetch") {
            events.with("key", "true");
        }
    };
    for seen in seen {
        let Seen::Said { line, on_main } = seen else {
            continue;
        };
        let (said, at) = line_and_code(line);
        if !on_main {
            let detail = "The kernel wakes the errand's thread, in the middle \
                          of its function.";
            events.add("errand", "wake", [said, detail, at]);
            sleep(&mut events);
            continue;
        }
        if said.starts_with("done") {
            let detail = "The thread has ended, and `join` has its result.";
            let ends = ["join", detail, "errand.join()"];
            events.add("errand", "wake", ends);
            events.with("to", "\"main\"");
            events.kept("nothing");
        }
        let detail = "A line of the main thread.";
        events.add("main", "work", [said, detail, at]);
        if said.starts_with("sends") {
            let detail = "The kernel makes a thread, which runs the errand.";
            let call = ["spawn", detail, "thread::spawn"];
            events.add("main", "call", call);
            events.with("to", "\"errand\"");
            events.kept("a stack: at the beginning");
            sleep(&mut events);
        } else if said.starts_with("carries") {
            let detail = "The main thread needs the result now, and sleeps.";
            events.add("main", "sleep", ["waits", detail, "errand.join()"]);
        }
    }
    events.0
}

fn async_events(seen: &[Seen]) -> String {
    let mut events = Events::default();
    let mut waits = WAITS.into_iter();
    let mut said_in_poll = None;
    let block_on = "executor.block_on(task)";
    for seen in seen {
        match seen {
            Seen::Said { line, .. } => {
                let (said, at) = line_and_code(line);
                if line.starts_with("errand") {
                    said_in_poll = Some((said.to_string(), at));
                    continue;
                }
                let detail = "A line of the main thread.";
                events.add("main", "work", [said, detail, at]);
            }
            Seen::Called => {
                let detail = "The call runs nothing of the errand. It returns \
                              a future with the arguments in it.";
                let call = ["errand(…)", detail, "errand(executor.timers()"];
                events.add("main", "call", call);
                events.with("to", "\"errand\"");
                events.with("answer", "\"a future\"");
                events.kept("a future: not begun");
            }
            Seen::Spawned => {
                let detail = "The future is a task now, in the queue of those \
                              to be polled. Nothing of it has run.";
                let spawn = ["spawn", detail, "executor.spawn(errand)"];
                events.add("main", "work", spawn);
            }
            Seen::Polled { ready } => {
                let said = said_in_poll.take();
                if said.is_some() {
                    let detail = "The timer rings. Its callback wakes the task, \
                                  which is now in the queue.";
                    events.add("main", "wake", ["wake", detail, block_on]);
                }
                let wait = waits.next();
                let (detail, at) = match (&said, wait) {
                    (None, Some([at, ..])) => (
                        "The first poll: the errand runs to its first wait, \
                         which sets a timer."
                            .to_string(),
                        at,
                    ),
                    (Some((said, _)), Some([at, ..])) => (
                        format!("“{said}”. Then the next wait sets a timer."),
                        at,
                    ),
                    (Some((said, at)), None) => {
                        (format!("“{said}”, and the errand ends."), *at)
                    }
                    (None, None) => unreachable!("each wait has a line"),
                };
                events.add("main", "call", ["poll", &detail, at]);
                events.with("to", "\"errand\"");
                let answer = if *ready { "Ready(16)" } else { "Pending" };
                events.with("answer", &json(answer));
                let Some([_, time, place]) = wait else {
                    events.kept("nothing");
                    continue;
                };
                events.kept(&format!("a future: {place}"));
                let detail = "No task is in the queue: the thread sleeps until \
                              the next timer.";
                events.add("main", "sleep", [time, detail, block_on]);
                if time == "120 ms" {
                    events.with("key", "true");
                }
            }
        }
    }
    events.0
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("threads") => print!("{}", threads_events(&watch_threads())),
        Some("async") => print!("{}", async_events(&watch_async())),
        _ => println!("one of these, please: threads, async"),
    }
}

#[cfg(test)]
fn kinds(events: &str) -> [usize; 4] {
    ["wake", "sleep", "call", "work"]
        .map(|kind| events.matches(&format!("\"kind\": \"{kind}\"")).count())
}

#[test]
fn runs() {
    let lines = |seen: &[Seen]| {
        let lines = seen.iter().filter_map(|seen| match seen {
            Seen::Said { line, .. } => Some(line.clone()),
            _ => None,
        });
        lines.collect::<Vec<_>>()
    };
    let (threads, tasks) = (watch_threads(), watch_async());
    assert_eq!(lines(&threads), TRANSCRIPT);
    assert_eq!(lines(&tasks), TRANSCRIPT);
    // Three pieces after a wait, and the end of the thread.
    assert_eq!(kinds(&threads_events(&threads)), [4, 4, 1, 3]);
    // The call of the function, and four polls.
    assert_eq!(kinds(&async_events(&tasks)), [3, 3, 5, 4]);
}

/// All four polls are in `block_on`, after the main line has carried on.
#[test]
fn the_first_poll_is_in_block_on() {
    let seen = watch_async();
    let first = seen.iter().position(|s| matches!(s, Seen::Polled { .. }));
    let carried_on = seen.iter().position(
        |s| matches!(s, Seen::Said { line, .. } if line == TRANSCRIPT[1]),
    );
    assert!(first > carried_on && carried_on.is_some());
    let ready = seen.iter().filter_map(|s| match s {
        Seen::Polled { ready } => Some(*ready),
        _ => None,
    });
    assert_eq!(ready.collect::<Vec<_>>(), [false, false, false, true]);
}
