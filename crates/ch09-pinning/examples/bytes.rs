//! Runs the program of stage 3 and prints what its memory holds at each step,
//! one JSON object a line: the figure of the page is recorded from it.
//!
//! The coroutine and `run_all` are those of the page, unchanged. The words that
//! they wait for are watched: when one is polled or dropped, both places are
//! looked at in which a coroutine lies or has lain.
//!
//! UNSOUND, as stage 3 is.

use ch07_coroutines::{Future, PollState};
use ch09_pinning::s3_run_all::run_all;
use std::rc::Rc;
use testing::println;

#[path = "unsound/report.rs"]
mod report;
use memory::Memory;
use report::report;

/// What happens to a word that is waited for.
#[derive(Clone, Copy)]
enum Moment {
    /// It is polled, for the so-manieth time.
    Poll(u32),
    /// It has been written, and is dropped.
    Written,
}

/// The chapter's leaf, watched.
pub(crate) struct Later<T> {
    inner: ch07_coroutines::Later<T>,
    polls: u32,
    watch: Box<dyn Fn(Moment)>,
}

impl<T> Future for Later<T> {
    type Output = T;

    fn poll(&mut self) -> PollState<T> {
        self.polls += 1;
        (self.watch)(Moment::Poll(self.polls));
        self.inner.poll()
    }
}

impl<T> Drop for Later<T> {
    fn drop(&mut self) {
        (self.watch)(Moment::Written);
    }
}

fn later(
    word: &'static str,
    waits: u32,
    watch: impl Fn(Moment) + 'static,
) -> Later<&'static str> {
    Later {
        inner: ch07_coroutines::Later::new(word, waits),
        polls: 0,
        watch: Box::new(watch),
    }
}

mod memory {
    //! The two places side by side, and the events so far.

    use super::report::{Report, report};
    use super::{Future, later};
    use std::cell::RefCell;
    use std::mem::ManuallyDrop;

    /// Where the places are, and where in them the fields.
    pub struct Memory {
        base: *const u8,
        text: usize,
        out: usize,
        events: RefCell<Vec<String>>,
    }

    /// # Safety
    ///
    /// A word that holds a number or an address is `at` bytes from `start`.
    unsafe fn word_at(start: *const u8, at: usize) -> usize {
        let word = start.wrapping_add(at).cast::<usize>();
        // SAFETY: the caller's promise.
        unsafe { word.read() }
    }

    impl Memory {
        /// `tasks` is a vector with room for two, that will stay where it is.
        pub fn new(tasks: &[Report]) -> Self {
            let mut probe = report([later("", 1, |_| {})]);
            assert!(!probe.poll().is_ready());
            let start = (&raw const probe).cast::<u8>();
            let text = probe.places().0.addr();
            let word = size_of::<usize>();
            let mut words = (0..size_of::<Report>()).step_by(word);
            let out = words.find(|at| {
                // SAFETY: a word of `probe`, all of whose fields are words
                // that hold numbers or addresses.
                let value = unsafe { word_at(start, *at) };
                value == text
            });
            Self {
                base: tasks.as_ptr().cast(),
                text: text - start.addr(),
                out: out.expect("it holds the address of its text"),
                events: RefCell::default(),
            }
        }

        pub fn events(&self) -> Vec<String> {
            self.events.borrow().clone()
        }

        /// An event after which the memory is as it was.
        pub fn add(&self, event: &str) {
            self.events.borrow_mut().push(format!("{{{event}}}"));
        }

        /// An event, and what the places hold, which are those of `owners`.
        pub fn look(&self, owners: [&str; 2], event: &str) {
            let [first, second] = [0, 1].map(|n| self.place(n, owners[n]));
            self.add(&format!(
                r#"{event}, "state": {{"places": [{first}, {second}]}}"#
            ));
        }

        fn text_of(&self, place: usize) -> *const u8 {
            let at = place * size_of::<Report>() + self.text;
            self.base.wrapping_add(at)
        }

        fn place(&self, place: usize, owner: &str) -> String {
            let text = self.text_of(place);
            // SAFETY: a string was put there. When it was moved away its bits
            // stayed, and so did its buffer, which is not freed before the
            // end. It is only looked at, and not dropped.
            let string = unsafe { text.cast::<String>().read() };
            let string = ManuallyDrop::new(string);
            let at = place * size_of::<Report>() + self.out;
            // SAFETY: it is the field `out`, a pointer.
            let out = unsafe { word_at(self.base, at) };
            let to = (0..2).find(|place| self.text_of(*place).addr() == out);
            let to = match to {
                _ if out == 0 => "null".to_owned(),
                Some(to) => format!("place {to}"),
                None => "elsewhere".to_owned(),
            };
            let here = text.addr() % 0x1000;
            let string = string.replace(' ', "·");
            let shown = match out {
                0 => String::new(),
                _ => format!(r#""shown": "…{:03x}", "#, out % 0x1000),
            };
            format!(
                r#"{{"at": "{place} text", "value": "“{string}”", "shown": "“{string}” at …{here:03x}", "means": "{owner}"}},
                {{"at": "{place} out", "value": "{to}", {shown}"means": "{to}"}}"#
            )
        }
    }
}

/// The words of both reports, watched.
fn words(
    memory: &Rc<Memory>,
) -> ([Later<&'static str>; 1], [Later<&'static str>; 2]) {
    let m = memory.clone();
    let fog = later("fog", 1, move |moment| {
        match moment {
        Moment::Poll(1) => m.look(
            ["fog’s", "wind’s"],
            r#""lane": "run-all", "to": "fog", "kind": "call", "text": "poll",
            "answer": "NotReady", "at": "self.out = &raw mut self.text;",
            "detail": "The fog’s first poll makes its reference. No word is there yet.""#,
        ),
        Moment::Poll(_) => {}
        Moment::Written => m.look(
            ["fog’s", "wind’s"],
            r#""lane": "fog", "to": "run-all", "kind": "return", "text": "Ready(fog)",
            "at": "outputs.push(output);",
            "detail": "Second round: the fog writes its word, and is finished.""#,
        ),
    }
    });
    let m = memory.clone();
    let second = later("NW", 2, move |moment| {
        match moment {
        Moment::Poll(1) => m.look(
            ["fog’s", "wind’s"],
            r#""lane": "run-all", "to": "wind", "kind": "call", "text": "poll", "key": true,
            "answer": "NotReady", "at": "let Ready(word) = word.poll() else {",
            "detail": "The wind sets its reference, too, writes its first word through it, and waits.""#,
        ),
        Moment::Poll(2) => {
            m.look(
                ["wind’s", "no one’s"],
                r#""lane": "run-all", "kind": "work", "text": "swap_remove",
                "at": "tasks.swap_remove(index);",
                "detail": "The wind’s bytes are copied to place 0. Its reference still says place 1.""#,
            );
            m.add(
                r#""lane": "run-all", "to": "wind", "kind": "call", "text": "poll",
                "answer": "NotReady", "at": "match tasks[index].poll() {",
                "detail": "The wind is polled there. Its reference is not null, so it is kept.""#,
            );
        }
        Moment::Poll(_) => {}
        Moment::Written => m.look(
            ["wind’s", "no one’s"],
            r#""lane": "wind", "kind": "work", "text": "push_str(NW)", "key": true,
            "at": "out.push_str(word);",
            "detail": "Its second word goes where the reference points: to place 1.""#,
        ),
    }
    });
    let first = later("wind ", 0, |_| {});
    ([fog], [first, second])
}

/// Runs it: the events, and the reports.
fn record() -> (Vec<String>, Vec<String>) {
    let mut tasks = Vec::with_capacity(2);
    let memory = Rc::new(Memory::new(&tasks));
    let (fog, wind) = words(&memory);
    tasks.push(report(fog));
    tasks.push(report(wind));
    memory.look(
        ["fog’s", "wind’s"],
        r#""lane": "run-all", "kind": "work", "text": "begins", "at": "let mut outputs = Vec::new();",
        "detail": "Two reports lie side by side. Neither has run yet, nor has a reference.""#,
    );
    let reports = run_all(tasks);
    memory.add(
        r#""lane": "wind", "to": "run-all", "kind": "return", "text": "Ready(wind )",
        "at": "Ready(mem::take(&mut self.text))",
        "detail": "The wind gives its own text away. The second word is not in it.""#,
    );
    (memory.events(), reports)
}

fn main() {
    for event in record().0 {
        // One line each.
        println!("{}", event.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}

#[test]
fn runs() {
    let (events, reports) = record();
    assert_eq!(reports, ["fog", "wind "]);
    assert_eq!(events.len(), 8);
    let own = |event: &String, to: &str| event.contains(to);
    // Before the move it points to itself, and afterwards to the other place.
    assert!(own(&events[2], r#""value": "place 1""#));
    assert!(own(&events[4], r#""value": "place 1""#));
    assert!(events[6].contains("“wind·NW”") && events[6].contains("“wind·”"));
}
