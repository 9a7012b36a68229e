//! Coroutines through the attribute macro: what they give, what they keep,
//! and what they are.

mod common;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use common::{Future, PollState, after, run, watchdog};

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
fn a_call_runs_nothing_and_each_poll_as_far_as_a_wait() {
    let _dog = watchdog();
    let log = Log::default();
    let mut future = straight(log.clone());
    assert_eq!(log.borrow().len(), 0);
    assert!(matches!(future.poll(), PollState::NotReady));
    assert_eq!(*log.borrow(), ["start"]);
    let ((), polls) = run(future);
    assert_eq!(polls, 3);
    assert_eq!(*log.borrow(), ["start", "one", "two"]);
}

#[corofy::coroutine]
fn generic<T: Clone, F: Future<Output = T>>(first: F, other: &T) -> Vec<T> {
    let mut all = vec![other.clone()];
    let value = first.wait;
    all.push(value);
    after(1, "").wait;
    all.push(other.clone());
    all
}

#[test]
fn type_parameters_and_references_to_the_outside_are_inferred() {
    let _dog = watchdog();
    let other = "other".to_owned();
    let (all, polls) = run(generic(after(1, "first"), &other));
    assert_eq!(
        (all, polls),
        (
            vec!["other", "first", "other"]
                .into_iter()
                .map(String::from)
                .collect(),
            3
        )
    );
}

#[corofy::coroutine]
fn first_char(text: Option<&str>) -> Option<char> {
    let found = after(0, text?).wait;
    let next = found.chars().next()?;
    after(1, "").wait;
    Some(next)
}

#[test]
fn a_question_mark_leaves_with_none() {
    let _dog = watchdog();
    assert_eq!(run(first_char(Some("ab"))), (Some('a'), 2));
    assert_eq!(run(first_char(Some(""))), (None, 1));
    assert_eq!(run(first_char(None)), (None, 1));
}

#[corofy::coroutine]
fn boxed(fail: bool) -> Result<usize, Box<dyn std::error::Error>> {
    let text = after(1, "12").wait;
    if fail {
        return Err("told to fail".into());
    }
    let number: usize = text.parse()?;
    Ok(number)
}

#[test]
fn a_question_mark_converts_the_error() {
    let _dog = watchdog();
    assert_eq!(run(boxed(false)).0.unwrap(), 12);
    assert_eq!(run(boxed(true)).0.unwrap_err().to_string(), "told to fail");
}

#[corofy::coroutine]
fn sum(numbers: [u32; 3]) -> u32 {
    let mut total = 0;
    for number in numbers {
        total += twice(number).wait;
    }
    total
}

#[corofy::coroutine]
fn twice(number: u32) -> u32 {
    after(number as usize, "").wait;
    number * 2
}

#[test]
fn a_coroutine_waits_for_another() {
    let _dog = watchdog();
    assert_eq!(run(sum([0, 1, 2])), (6, 4));
}

struct Client;

impl Client {
    #[corofy::coroutine]
    fn get(name: &str) -> String {
        after(1, name).wait
    }
}

#[test]
fn an_associated_function_can_be_a_coroutine() {
    let _dog = watchdog();
    assert_eq!(run(Client::get("name")), ("name".to_owned(), 2));
}

#[corofy::coroutine]
fn fails() {
    let kept = after(0, "kept").wait;
    after(1, "").wait;
    assert!(kept.is_empty(), "on purpose");
}

/// The text of the panic, if the poll panics.
fn panics<F: Future>(future: &mut F) -> Option<String> {
    let caught = catch_unwind(AssertUnwindSafe(|| future.poll())).err()?;
    let text = caught.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| caught.downcast_ref::<String>().cloned())
}

#[test]
fn a_poll_after_the_end_panics_and_says_why() {
    let _dog = watchdog();
    let mut done = twice(0);
    assert!(matches!(done.poll(), PollState::Ready(0)));
    let text = "`twice` was polled after it had finished";
    assert_eq!(panics(&mut done).as_deref(), Some(text));

    let mut broken = fails();
    assert!(matches!(broken.poll(), PollState::NotReady));
    assert_eq!(panics(&mut broken).as_deref(), Some("on purpose"));
    let text = "`fails` was polled after it had panicked";
    assert_eq!(panics(&mut broken).as_deref(), Some(text));
}

#[corofy::coroutine]
fn owner(text: String) -> usize {
    let other = after(1, &text).wait;
    text.len() + other.len()
}

#[test]
fn a_coroutine_of_sendable_parts_can_be_sent() {
    let _dog = watchdog();
    let future = owner("text".to_owned());
    let sent = std::thread::spawn(move || run(future)).join().unwrap();
    assert_eq!(sent, (8, 2));
}

#[corofy::coroutine]
fn inferred() -> usize {
    let mut all = Vec::new();
    let mut best = None;
    for n in [3usize, 1, 2] {
        let text = after(n, "x").wait;
        all.push(text);
        if best.is_none_or(|best| n > best) {
            best = Some(n);
        }
    }
    all.len() + best.unwrap_or(0)
}

#[test]
fn no_type_has_to_be_written() {
    let _dog = watchdog();
    assert_eq!(run(inferred()), (6, 7));
}

struct Pair {
    left: String,
    right: String,
}

#[corofy::coroutine]
fn shapes(flag: bool) -> String {
    let Pair { left, right } = Pair {
        right: after(1, "r").wait,
        left: after(0, "l").wait,
    };
    let pair = (after(1, "a").wait, [after(0, "b").wait, left]);
    let (a, [b, left]) = pair;
    let text = if flag && after(1, "").wait.is_empty() {
        a
    } else {
        b
    };
    let length = 'found: {
        if after(0, &text).wait == "a" {
            break 'found text.len();
        }
        100
    };
    format!("{left}{right}{text}{length}")
}

#[test]
fn tuples_arrays_structs_and_labelled_blocks_hold_waits() {
    let _dog = watchdog();
    assert_eq!(run(shapes(true)), ("lra1".to_owned(), 4));
    assert_eq!(run(shapes(false)), ("lrb100".to_owned(), 3));
}

#[corofy::coroutine]
fn shadowed(text: String) -> String {
    let text = text + &after(1, "1").wait;
    {
        let text = after(1, "inner").wait;
        println!("{text} {text:?} {0}", text.len());
    }
    let text = text + &after(1, "2").wait;
    text
}

#[test]
fn a_variable_may_shadow_another() {
    let _dog = watchdog();
    assert_eq!(run(shadowed("0".to_owned())), ("012".to_owned(), 4));
}

macro_rules! made {
    ($name:ident, $text:expr) => {
        #[corofy::coroutine]
        fn $name() -> String {
            let text = after(1, $text).wait;
            text + $text
        }
    };
}

made!(made_by_a_macro, concat!("a", "b"));

#[test]
fn a_macro_may_write_a_coroutine() {
    let _dog = watchdog();
    assert_eq!(run(made_by_a_macro()), ("abab".to_owned(), 2));
}

#[corofy::coroutine]
fn assigned_inside(text: String) -> (String, String) {
    let mut text = text;
    let first = after(1, &text).wait;
    drop(text);
    after(1, "").wait;
    let (second, third) = (
        {
            text = first.clone();
            text.push('!');
            text
        },
        first,
    );
    after(1, "").wait;
    (second, third)
}

/// Found by the differential test (bodies 5506, 6643 and 9956 of seed 2026):
/// the variable gets its first value of this arm and loses it again within
/// one expression, so that nothing of it is left to keep.
#[test]
fn a_variable_is_assigned_and_moved_in_one_expression() {
    let _dog = watchdog();
    let (both, polls) = run(assigned_inside("a".to_owned()));
    assert_eq!(both, ("a!".to_owned(), "a".to_owned()));
    assert_eq!(polls, 4);
}
