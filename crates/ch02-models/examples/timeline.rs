//! Runs one model of chapter 2 and prints what happened, one JSON object a
//! line. The figure of the page is recorded from it. `cargo run --example
//! timeline -- MODEL`, where the model is `threads`, `by-hand` or `async`.
//!
//! Lines, threads, resumptions and polls are those of the run, and so are sizes
//! and the fields of the enum. That a thread sleeps between two of them is what
//! its code says there: `tests/transcripts.rs` measures it.

use ch02_models::TRANSCRIPT;
use ch02_models::archive::{TITLE, fetch, look_up, store};
use testing::{print, println};

#[path = "timeline/events.rs"]
mod events;
#[path = "timeline/watch.rs"]
mod watch;

use events::{Events, Row};
use watch::{Seen, watch_async, watch_by_hand, watch_threads};

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

fn title() -> Row {
    Row::new("title", format!("{TITLE:?}"))
}

/// The waits, in turn: their code, how long they take, and which variables of an
/// `async` errand rustc keeps meanwhile. What was borrowed once it keeps as long
/// as it is in scope (rustc 1.95, by `-Zprint-type-sizes`).
fn waits() -> [(&'static str, String, Vec<Row>); 3] {
    let (first, second) = (look_up(TITLE), fetch(look_up(TITLE).result));
    let third = store(first.result, second.result);
    let number = Row::new("number", first.result);
    let text = Row::new("text", format!("{:?}", second.result));
    let delays = [first.delay, second.delay, third.delay];
    let [first, second, third] = delays.map(|delay| format!("{delay:?}"));
    [
        ("look_up(title)", first, vec![]),
        ("fetch(number)", second, vec![number.clone()]),
        ("store(number, text)", third, vec![number, text]),
    ]
}

/// The second wait is the one for print.
const IN_PRINT: &str = "fetch(number)";

fn threads_events(seen: &[Seen]) -> String {
    let mut events = Events::default();
    let mut waits = waits().into_iter();
    let size = seen.iter().find_map(|seen| match seen {
        Seen::Said { on_main, stack, .. } if !on_main => *stack,
        _ => None,
    });
    let title = title();
    let mut known = Vec::new();
    let on_stack = |thread: &str, rest: &[Row]| {
        let mut rows = vec![Row::new("thread", thread), title.clone()];
        rows.extend_from_slice(rest);
        rows.extend(size.map(|bytes| Row::sized("stack", bytes)));
        rows
    };
    let mut sleep = |events: &mut Events, known: &[Row]| {
        let Some((at, delay, _)) = waits.next() else {
            return;
        };
        let wait = Row::new("wait", &delay);
        events.errand = on_stack("sleeps", &[known, &[wait]].concat());
        events.key = at == IN_PRINT;
        let detail = "Its stack keeps the place: the call of `wait`, and what \
                      the errand knows.";
        events.step("errand", "sleep", [&delay, detail, at]);
    };
    let text = fetch(look_up(TITLE).result).result;
    let results = [
        Row::new("number", look_up(TITLE).result),
        Row::new("text", format!("{text:?}")),
    ];
    let mut results = results.into_iter();
    for seen in seen {
        let Seen::Said { line, on_main, .. } = seen else {
            continue;
        };
        let (said, at) = line_and_code(line);
        if !on_main {
            known.extend(results.next());
            events.errand = on_stack("runs", &known);
            let detail = format!(
                "The kernel wakes the thread, in the middle of \
                                  the function: “{said}”."
            );
            events.step("errand", "wake", [said, &detail, at]);
            sleep(&mut events, &known);
            continue;
        }
        if said.starts_with("done") {
            events.main("runs", "–");
            events.errand = vec![Row::new("thread", "ended")];
            let detail = "The thread has ended, its stack is gone, and `join` has \
                          the result.";
            events.step("main", "wake", ["join", detail, "errand.join()"]);
        }
        events.step("main", "work", [said, &main_line(said), at]);
        if said.starts_with("sends") {
            events.main("runs", "handle");
            events.errand = on_stack("runs", &known);
            let detail = "The kernel makes a thread, with a stack of its own.";
            events.step("main", "work", ["spawn", detail, "thread::spawn"]);
            sleep(&mut events, &known);
        } else if said.starts_with("carries") {
            events.main("sleeps", "handle");
            let detail = "The main thread needs the result now, and sleeps.";
            events.step("main", "sleep", ["waits", detail, "errand.join()"]);
        }
    }
    events.text
}

fn main_line(said: &str) -> String {
    format!("The main thread says “{said}”.")
}

fn by_hand_events(seen: &[Seen]) -> String {
    let mut events = Events::default();
    let mut said_in_piece: Option<&str> = None;
    let mut in_loop = false;
    for seen in seen {
        match seen {
            Seen::Said { line, .. } => {
                let (said, at) = line_and_code(line);
                if line.starts_with("errand") {
                    said_in_piece = Some(said);
                    continue;
                }
                events.step("main", "work", [said, &main_line(said), at]);
                if said.starts_with("carries") {
                    in_loop = true;
                    events.main("sleeps", "timer");
                    let detail = "The loop sleeps until the first timer. What is \
                                  left of the errand is in the timer's closure.";
                    events.step(
                        "main",
                        "sleep",
                        ["sleeps", detail, "timers.run()"],
                    );
                }
            }
            Seen::Kept { inside, bytes } => {
                let (variant, rows) = Row::of_errand(inside, *bytes);
                events.errand = rows;
                events.key = variant == "Fetch";
                let at = format!("self.at = At::{variant}");
                let at = if variant == "Start" { "drive(" } else { &at };
                let what = match said_in_piece.take() {
                    Some(said) => format!("“{said}”. "),
                    None => String::new(),
                };
                let (main, detail) = match &*variant {
                    "Start" => ("errand", "`errand(…)` makes a value.".into()),
                    "End" => (
                        "–",
                        format!("{what}The value says that it has ended."),
                    ),
                    _ => (
                        "timer",
                        format!(
                            "{what}Then `resume` stores what comes next, and returns."
                        ),
                    ),
                };
                events.main("runs", main);
                events.step("errand", "work", [&variant, &detail, at]);
                if in_loop && variant != "End" {
                    events.main("sleeps", "timer");
                    let detail = "No part of the errand runs, and no stack has it: \
                                  there is this value.";
                    events.key = false;
                    events.step(
                        "main",
                        "sleep",
                        ["sleeps", detail, "timers.run()"],
                    );
                }
            }
            Seen::Spawned | Seen::Polled { .. } => {}
        }
    }
    events.text
}

/// Where all polls are.
const BLOCK_ON: &str = "executor.block_on(task)";

/// A future that has stopped somewhere.
fn future(state: &str, knows: Vec<Row>, size: Option<usize>) -> Vec<Row> {
    let fixed = [Row::new("state", state), title()];
    let size = size.map(|bytes| Row::sized("bytes", bytes));
    fixed.into_iter().chain(knows).chain(size).collect()
}

/// The poll in which the errand says its last line.
fn last_poll(events: &mut Events, (said, at): &(String, &'static str)) {
    let text = fetch(look_up(TITLE).result).result;
    let bytes = store(look_up(TITLE).result, text).result;
    events.errand = vec![Row::new("state", "ended")];
    events.main("runs", "–");
    let detail = format!("“{said}”, and the errand ends: `Ready({bytes})`.");
    events.step("errand", "work", ["poll", &detail, at]);
}

fn async_events(seen: &[Seen]) -> String {
    let mut events = Events::default();
    let mut waits = waits().into_iter();
    let mut said_in_poll = None;
    let mut size = None;
    let mut polls = 0;
    for seen in seen {
        match seen {
            Seen::Said { line, .. } => {
                let (said, at) = line_and_code(line);
                if line.starts_with("errand") {
                    said_in_poll = Some((said.to_string(), at));
                    continue;
                }
                events.step("main", "work", [said, &main_line(said), at]);
            }
            Seen::Kept { bytes, .. } => {
                size = Some(*bytes);
                events.errand = future("not begun", vec![], size);
                events.main("runs", "future");
                let detail = "The call runs nothing of the errand. It returns \
                              a future with the arguments in it.";
                let call = ["errand(…)", detail, "errand(executor.timers()"];
                events.step("main", "work", call);
            }
            Seen::Spawned => {
                events.main("runs", "task 0");
                let detail = "The future is a task now, in the queue of those \
                              to be polled. Nothing of it has run.";
                let spawn = ["spawn", detail, "executor.spawn(errand)"];
                events.step("main", "work", spawn);
            }
            Seen::Polled { ready } => {
                polls += 1;
                let said = said_in_poll.take();
                if said.is_some() {
                    events.main("runs", "task 0");
                    let detail = "The timer fires. Its callback wakes the task, \
                                  which is now in the queue.";
                    events.step("main", "wake", ["wake", detail, BLOCK_ON]);
                }
                let Some((at, delay, knows)) = waits.next() else {
                    assert!(ready, "it has waited three times");
                    last_poll(&mut events, &said.expect("the last line"));
                    continue;
                };
                let detail = match said {
                    None => {
                        "The first poll: the errand runs to its first wait, \
                             which sets a timer: `Pending`."
                            .to_string()
                    }
                    Some((said, _)) => format!(
                        "“{said}”. Then the next wait sets a timer: `Pending`."
                    ),
                };
                events.errand = future(&format!("await {polls}"), knows, size);
                events.main("runs", "task 0");
                events.step("errand", "work", ["poll", &detail, at]);
                events.main("sleeps", "task 0");
                events.key = at == IN_PRINT;
                let detail = "No task is in the queue: the thread sleeps until \
                              the next timer.";
                events.step("main", "sleep", [&delay, detail, BLOCK_ON]);
            }
        }
    }
    events.text
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("threads") => print!("{}", threads_events(&watch_threads())),
        Some("by-hand") => print!("{}", by_hand_events(&watch_by_hand())),
        Some("async") => print!("{}", async_events(&watch_async())),
        _ => println!("one of these, please: threads, by-hand, async"),
    }
}

#[cfg(test)]
fn kinds(events: &str) -> [usize; 3] {
    ["wake", "sleep", "work"]
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
    let all = [watch_threads(), watch_by_hand(), watch_async()];
    for seen in &all {
        assert_eq!(lines(seen), TRANSCRIPT);
    }
    let [threads, by_hand, tasks] = &all;
    // Three pieces after a wait, and the end of the thread.
    assert_eq!(kinds(&threads_events(threads)), [4, 4, 4]);
    // An errand that is made, and four pieces.
    assert_eq!(kinds(&by_hand_events(by_hand)), [0, 3, 8]);
    // The call of the function, and four polls.
    assert_eq!(kinds(&async_events(tasks)), [3, 3, 9]);
}

/// The value has the variant's own fields, and is as large at each step.
#[test]
fn a_value_keeps_the_place() {
    let seen = watch_by_hand();
    let kept = seen.iter().filter_map(|seen| match seen {
        Seen::Kept { inside, bytes } => Some(Row::of_errand(inside, *bytes)),
        _ => None,
    });
    let (variants, rows): (Vec<_>, Vec<_>) = kept.unzip();
    assert_eq!(variants, ["Start", "LookUp", "Fetch", "Store", "End"]);
    let number = Row::new("number", look_up(TITLE).result);
    let with: Vec<bool> =
        rows.iter().map(|rows| rows.contains(&number)).collect();
    assert_eq!(with, [false, false, true, false, false]);
    let sizes = rows.iter().map(|rows| rows.last());
    assert!(sizes.is_sorted_by(|a, b| a == b), "{rows:?}");
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
