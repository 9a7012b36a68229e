//! Coroutines that hold borrows across waits, through the attribute macro: what
//! they give, when they drop, and that nothing safe breaks them. The address
//! sanitizer and, in the hosted workflow, Miri run these tests, too.

mod common;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Mutex;
use std::task::Waker;

use common::PollState;
use common::watchdog;

/// The trait of chapter 9.
trait Future {
    type Output;
    fn poll(self: Pin<&mut Self>, waker: &Waker) -> PollState<Self::Output>;
}

/// Not ready in the first poll.
struct Once(bool);

impl Future for Once {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &Waker) -> PollState<()> {
        if std::mem::replace(&mut self.0, true) {
            PollState::Ready(())
        } else {
            PollState::NotReady
        }
    }
}

fn once() -> Once {
    Once(false)
}

/// Appends one byte in each poll, until there are `until`.
struct Read<'b> {
    buffer: &'b mut Vec<u8>,
    until: usize,
}

impl Future for Read<'_> {
    type Output = usize;
    fn poll(mut self: Pin<&mut Self>, _: &Waker) -> PollState<usize> {
        let len = self.buffer.len();
        if len >= self.until {
            return PollState::Ready(len);
        }
        self.buffer.push(len as u8);
        PollState::NotReady
    }
}

fn read(buffer: &mut Vec<u8>, until: usize) -> Read<'_> {
    Read { buffer, until }
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(Waker::noop()) {
        PollState::Ready(value) => Some(value),
        PollState::NotReady => None,
    }
}

/// Polls to the end; the result, and how often it was polled.
fn run<F: Future>(future: F) -> (F::Output, usize) {
    let mut future = pin!(future);
    let mut polls = 0;
    loop {
        polls += 1;
        if let Some(value) = poll(future.as_mut()) {
            return (value, polls);
        }
    }
}

#[corofy::coroutine(pinned)]
fn shared() -> usize {
    let text = "four".to_owned();
    let borrowed = &text;
    once().wait;
    borrowed.len() + text.len()
}

#[corofy::coroutine(pinned)]
fn exclusive(mut text: String) -> String {
    let borrowed = &mut text;
    once().wait;
    borrowed.push_str(" and");
    once().wait;
    borrowed.push_str(" more");
    text
}

#[corofy::coroutine(pinned)]
fn fields(pair: (String, Vec<u8>)) -> (usize, Vec<u8>) {
    let mut pair = pair;
    let name = &pair.0;
    let bytes = &mut pair.1;
    read(bytes, 3).wait;
    bytes.push(9);
    once().wait;
    let length = name.len() + bytes.len();
    pair.1.push(1);
    (length, pair.1.clone())
}

#[corofy::coroutine(pinned)]
fn slice() -> [u32; 4] {
    let mut numbers = [1, 2, 3, 4];
    let (left, right) = numbers.split_at_mut(2);
    once().wait;
    left[0] = right[1];
    let middle = &mut numbers[1..3];
    once().wait;
    middle.reverse();
    numbers
}

#[corofy::coroutine(pinned)]
fn reborrowed(buffer: &mut Vec<u8>) -> usize {
    let again = &mut *buffer;
    let first = read(again, 2).wait;
    again.clear();
    let second = read(buffer, 3).wait;
    let third = read(&mut Vec::new(), 1).wait;
    buffer.truncate(1);
    first * 100 + second * 10 + third
}

#[corofy::coroutine(pinned)]
fn items(words: Vec<String>, suffix: &str) -> String {
    let mut text = String::new();
    let mut parts: Vec<&str> = Vec::new();
    for word in &words {
        once().wait;
        parts.push(word);
    }
    let mut rest = words.iter().rev().peekable();
    while let Some(word) = rest.next() {
        once().wait;
        if rest.peek().is_none() {
            break;
        }
        parts.push(word.trim_start_matches('b'));
    }
    parts.push(suffix);
    for part in parts {
        text.push_str(part);
    }
    text
}

#[corofy::coroutine(pinned)]
fn patterns(found: Option<String>, reply: Result<u8, String>) -> usize {
    let Some(name) = &found else { return 0 };
    once().wait;
    let length = match &reply {
        Ok(code) if *code > 9 => {
            once().wait;
            *code as usize
        }
        Ok(_) => 1,
        Err(why) => {
            once().wait;
            why.len()
        }
    };
    let first = if let Some(first) = name.strip_prefix("a") {
        once().wait;
        first.len()
    } else {
        100
    };
    length + first
}

#[corofy::coroutine(pinned)]
fn generic<T: std::fmt::Debug, U: Clone>(value: T, other: &U) -> (String, U) {
    let all = (&value, other);
    let both = &all;
    once().wait;
    let copy = both.1.clone();
    (format!("{value:?} {0:?}", both.0), copy)
}

#[test]
fn what_is_borrowed_is_there_after_the_wait() {
    let _dog = watchdog();
    let text = |text: &str| text.to_owned();
    assert_eq!(run(shared()), (8, 2));
    let more = text("this and more");
    assert_eq!(run(exclusive(text("this"))), (more, 3));
    let pair = (text("abc"), vec![7]);
    assert_eq!(run(fields(pair)), ((7, vec![7, 1, 2, 9, 1]), 4));
    assert_eq!(run(slice()), ([4, 3, 2, 4], 3));
    let mut buffer = Vec::new();
    assert_eq!(run(reborrowed(&mut buffer)), (231, 7));
    assert_eq!(buffer, [0]);
    let words = vec![text("a"), text("b"), text("bc")];
    let (joined, polls) = run(items(words, "!"));
    assert_eq!((&*joined, polls), ("abbcc!", 7));
    assert_eq!(run(patterns(None, Ok(1))).0, 0);
    assert_eq!(run(patterns(Some(text("abc")), Ok(1))), (3, 3));
    assert_eq!(run(patterns(Some(text("b")), Ok(10))), (110, 3));
    let why = Err(text("why"));
    assert_eq!(run(patterns(Some(text("ab")), why)), (4, 4));
    let (shown, copy) = run(generic(7, &text("u"))).0;
    assert_eq!((&*shown, &*copy), ("7 7", "u"));
}

#[test]
fn a_machine_may_be_moved_before_its_first_poll() {
    let _dog = watchdog();
    let mut machines = Vec::new();
    for _ in 0..100 {
        // The vector grows, and moves all that are in it.
        machines.push(exclusive("moved".to_owned()));
    }
    let mut pinned: Vec<_> = machines.into_iter().map(Box::pin).collect();
    for machine in &mut pinned {
        assert!(poll(machine.as_mut()).is_none());
    }
    // The boxes move, and the machines stay.
    pinned.reverse();
    for machine in &mut pinned {
        assert!(poll(machine.as_mut()).is_none());
        let text = poll(machine.as_mut());
        assert_eq!(text.as_deref(), Some("moved and more"));
    }
}

type Log = Rc<RefCell<Vec<String>>>;

/// Logs when it is dropped.
struct Named(Log, String);

impl Drop for Named {
    fn drop(&mut self) {
        self.0.borrow_mut().push(format!("drop {}", self.1));
    }
}

/// Looks at what it borrows when it is dropped.
struct Reader<'n>(&'n Named);

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let text = format!("read {}", self.0.1);
        self.0.0.borrow_mut().push(text);
    }
}

#[corofy::coroutine(pinned)]
fn dropping(log: Log, panic_at: u32) -> usize {
    let outer = Named(log.clone(), "outer".to_owned());
    let reader = Reader(&outer);
    once().wait;
    assert!(panic_at != 1);
    let length = {
        let inner = Named(log.clone(), "inner".to_owned());
        let all = [Reader(&inner), Reader(&outer)];
        once().wait;
        assert!(panic_at != 2);
        all.len()
    };
    once().wait;
    let given = outer.1.len() + reader.0.1.len() + length;
    drop(reader);
    drop(outer);
    once().wait;
    assert!(panic_at != 3);
    given
}

/// The log after that many polls and the drop.
fn dropped_after(polls: usize, panic_at: u32) -> Vec<String> {
    let log = Log::default();
    let mut machine = Box::pin(dropping(log.clone(), panic_at));
    for _ in 0..polls {
        let step = AssertUnwindSafe(|| poll(machine.as_mut()));
        match catch_unwind(step) {
            Ok(None) => {}
            Ok(Some(given)) => log.borrow_mut().push(given.to_string()),
            Err(_) => log.borrow_mut().push("panic".to_owned()),
        }
    }
    drop(machine);
    log.take()
}

#[test]
fn what_borrows_is_dropped_before_what_it_borrows() {
    let _dog = watchdog();
    let outer = ["read outer", "drop outer"];
    let inner = ["read inner", "read outer", "drop inner"];
    assert_eq!(dropped_after(0, 0), [""; 0]);
    assert_eq!(dropped_after(1, 0), outer);
    assert_eq!(dropped_after(2, 0), [&inner[..], &outer].concat());
    for polls in [3, 4] {
        assert_eq!(dropped_after(polls, 0), [&inner[..], &outer].concat());
    }
    let all = [&inner[..], &outer, &["12"]].concat();
    assert_eq!(dropped_after(5, 0), all);
}

#[test]
fn a_panic_drops_once_and_in_order() {
    let _dog = watchdog();
    let outer = ["read outer", "drop outer", "panic"];
    let inner = ["read inner", "read outer", "drop inner"];
    // A poll after a panic panics, too.
    assert_eq!(dropped_after(3, 1), [&outer[..], &["panic"]].concat());
    let all = [&inner[..], &outer, &["panic"]].concat();
    assert_eq!(dropped_after(4, 2), all);
    let last = [&inner[..], &outer].concat();
    assert_eq!(dropped_after(5, 3), last);
}

#[corofy::coroutine(pinned)]
fn filled(bytes: &[u8]) -> u32 {
    let mut sum = 0;
    {
        let one = [bytes[0]; 1000];
        let borrowed = &one;
        once().wait;
        sum += u32::from(borrowed[999]);
    }
    {
        let other = [bytes[1]; 1000];
        let borrowed = &other;
        once().wait;
        sum += u32::from(borrowed[999]);
    }
    let last = [bytes[2]; 1000];
    let borrowed = &last;
    once().wait;
    sum + u32::from(borrowed[999])
}

#[test]
fn variables_that_are_never_there_together_share_their_memory() {
    let _dog = watchdog();
    let machine = filled(&[1, 2, 3]);
    let size = std::mem::size_of_val(&machine);
    assert!((1000..1300).contains(&size), "{size} bytes");
    assert_eq!(run(machine), (6, 4));
}

#[test]
fn a_shared_reference_to_the_machine_disturbs_no_borrow() {
    let _dog = watchdog();
    fn look<T>(machine: Pin<&T>) -> usize {
        std::mem::size_of_val(&*machine)
    }
    let mut machine = Box::pin(exclusive("seen".to_owned()));
    for _ in 0..2 {
        assert!(poll(machine.as_mut()).is_none());
        assert!(look(machine.as_ref()) > 0);
    }
    let text = poll(machine.as_mut());
    assert_eq!(text.as_deref(), Some("seen and more"));
}

#[test]
fn a_machine_goes_to_another_thread_between_its_polls() {
    let _dog = watchdog();
    let mut machine = Box::pin(exclusive("sent".to_owned()));
    assert!(poll(machine.as_mut()).is_none());
    let sent = std::thread::spawn(move || {
        assert!(poll(machine.as_mut()).is_none());
        poll(machine.as_mut())
    });
    assert_eq!(sent.join().unwrap().as_deref(), Some("sent and more"));
}

type Erased = Pin<Box<dyn Future<Output = String> + Send>>;

/// What lies here is never dropped.
static KEPT: Mutex<Vec<Erased>> = Mutex::new(Vec::new());

#[test]
fn a_machine_that_is_never_dropped_keeps_what_it_borrows() {
    let _dog = watchdog();
    let mut machine: Erased = Box::pin(exclusive("kept".to_owned()));
    assert!(poll(machine.as_mut()).is_none());
    let mut kept = KEPT.lock().unwrap();
    kept.push(machine);
    assert!(poll(kept[0].as_mut()).is_none());
    let text = poll(kept[0].as_mut());
    assert_eq!(text.as_deref(), Some("kept and more"));
}

#[corofy::coroutine(pinned)]
fn given_away(text: String) -> usize {
    let borrowed = &text;
    once().wait;
    let length = borrowed.len();
    let thread = std::thread::spawn(move || text + "!");
    once().wait;
    length + thread.join().map_or(0, |text| text.len())
}

#[test]
fn what_a_closure_takes_leaves_the_machine() {
    let _dog = watchdog();
    assert_eq!(run(given_away("abc".to_owned())), (7, 3));
    let mut machine = Box::pin(given_away("abc".to_owned()));
    for _ in 0..2 {
        assert!(poll(machine.as_mut()).is_none());
    }
    drop(machine);
}

#[corofy::coroutine(pinned)]
fn assigned(log: Log) -> usize {
    let mut value = Named(log.clone(), "first".to_owned());
    let mut length = 0;
    for round in 0..2 {
        let borrowed = &value;
        once().wait;
        length += borrowed.1.len();
        value = Named(log.clone(), format!("round {round}"));
        once().wait;
    }
    let borrowed = &mut value;
    once().wait;
    borrowed.1.push('!');
    length
}

#[test]
fn an_assignment_drops_the_old_value_in_its_slot() {
    let _dog = watchdog();
    let log = Log::default();
    assert_eq!(run(assigned(log.clone())).0, 12);
    assert_eq!(log.take(), ["drop first", "drop round 0", "drop round 1!"]);
}
