//! Coroutines that run.

use std::cell::RefCell;
use std::rc::Rc;

#[derive(Debug)]
enum PollState<T> {
    Ready(T),
    NotReady,
}

trait Future {
    type Output;
    fn poll(&mut self) -> PollState<Self::Output>;
}

struct After {
    polls: usize,
    value: String,
}

impl Future for After {
    type Output = String;
    fn poll(&mut self) -> PollState<String> {
        if self.polls == 0 {
            return PollState::Ready(std::mem::take(&mut self.value));
        }
        self.polls -= 1;
        PollState::NotReady
    }
}

fn after(polls: usize, value: &str) -> After {
    After {
        polls,
        value: value.to_owned(),
    }
}

fn run<F: Future>(mut future: F) -> (F::Output, usize) {
    let mut polls = 0;
    loop {
        polls += 1;
        if let PollState::Ready(value) = future.poll() {
            return (value, polls);
        }
    }
}

type Log = Rc<RefCell<Vec<String>>>;

#[corofy::coroutine]
fn straight(log: Log) {
    log.borrow_mut().push("start".to_owned());
    let text = after(1, "one").wait;
    log.borrow_mut().push(text);
    let text = after(2, "two").wait;
    log.borrow_mut().push(text);
}

#[test]
fn a_straight_line_waits_twice() {
    let log = Log::default();
    let (_, polls) = run(straight(log.clone()));
    assert_eq!(polls, 4);
    assert_eq!(*log.borrow(), ["start", "one", "two"]);
}

#[corofy::coroutine]
fn nested(prefix: &str, n: usize) -> String {
    let joined = format_it(prefix, after(n, "a").wait, &after(1, "b").wait);
    let mut all = Vec::new();
    for i in 0..3 {
        if i == 1 {
            continue;
        }
        all.push(after(i, &i.to_string()).wait);
    }
    let last = loop {
        let value = after(1, "x").wait;
        if !value.is_empty() {
            break value;
        }
    };
    format!("{joined} {} {last}", all.join(","))
}

fn format_it(a: &str, b: String, c: &str) -> String {
    format!("{a}{b}{c}")
}

#[test]
fn expressions_nest() {
    assert_eq!(run(nested("p", 2)), ("pab 0,2 x".to_owned(), 7));
}

#[corofy::coroutine]
fn failing(fail: bool) -> Result<usize, String> {
    let text = check(after(1, "five").wait, fail)?;
    let more = match after(1, &text).wait.len() {
        4 => after(2, "four").wait,
        n if n > 9 => return Ok(n),
        _ => "other".to_owned(),
    };
    Ok(more.len())
}

fn check(text: String, fail: bool) -> Result<String, &'static str> {
    if fail { Err("failed") } else { Ok(text) }
}

#[test]
fn a_question_mark_leaves_early() {
    assert_eq!(run(failing(false)), (Ok(4), 5));
    assert_eq!(run(failing(true)), (Err("failed".to_owned()), 2));
}
