//! What corofy prints is what lies in `tests/golden`, is compiled here without
//! a warning, and runs. `COROFY_BLESS=1 cargo test -p corofy --test golden`
//! writes the files anew.

mod common;

use std::path::PathBuf;

use common::{Future, PollState, after, run, watchdog};
use corofy::{Print, expand};

/// What the golden files use.
#[derive(Debug, PartialEq)]
pub struct Pair {
    left: String,
    right: String,
}

fn consume(text: String) -> usize {
    text.len()
}

fn find(length: usize, text: String) -> Option<String> {
    (length > 0).then_some(text)
}

fn parse(text: String) -> Result<u32, std::num::ParseIntError> {
    text.trim().parse()
}

fn join(a: &str, b: String, c: &str) -> String {
    format!("{a}{b}{c}")
}

mod with_waker {
    pub use std::task::Waker;

    pub use crate::common::PollState;

    pub trait Future {
        type Output;
        fn poll(&mut self, waker: &Waker) -> PollState<Self::Output>;
    }

    pub struct After(usize, u32);

    impl Future for After {
        type Output = u32;
        fn poll(&mut self, waker: &Waker) -> PollState<u32> {
            waker.wake_by_ref();
            match self.0.checked_sub(1) {
                None => PollState::Ready(self.1),
                Some(left) => {
                    self.0 = left;
                    PollState::NotReady
                }
            }
        }
    }

    pub fn after(polls: usize, value: u32) -> After {
        After(polls, value)
    }
}

mod pinned_with_waker {
    use std::marker::PhantomPinned;
    use std::pin::Pin;
    pub use std::task::Waker;

    pub use crate::common::PollState;

    pub trait Future {
        type Output;
        fn poll(self: Pin<&mut Self>, waker: &Waker)
        -> PollState<Self::Output>;
    }

    /// Its address must be the same in each poll.
    pub struct After {
        left: std::cell::Cell<usize>,
        value: u32,
        address: std::cell::Cell<usize>,
        _pinned: PhantomPinned,
    }

    impl Future for After {
        type Output = u32;
        fn poll(self: Pin<&mut Self>, _: &Waker) -> PollState<u32> {
            let here = std::ptr::from_ref(&*self) as usize;
            let before = self.address.replace(here);
            assert!(before == 0 || before == here, "it was moved");
            match self.left.get().checked_sub(1) {
                None => PollState::Ready(self.value),
                Some(left) => {
                    self.left.set(left);
                    PollState::NotReady
                }
            }
        }
    }

    pub fn after(polls: usize, value: u32) -> After {
        After {
            left: polls.into(),
            value,
            address: 0.into(),
            _pinned: PhantomPinned,
        }
    }
}

// The expected files, compiled: no warning, and no `unsafe` in these.

#[rustfmt::skip]
#[deny(warnings)]
#[forbid(unsafe_code)]
#[path = "golden/straight.out.rs"]
mod straight;

#[rustfmt::skip]
#[deny(warnings)]
#[forbid(unsafe_code)]
#[path = "golden/branches.out.rs"]
mod branches;

#[rustfmt::skip]
#[deny(warnings)]
#[forbid(unsafe_code)]
#[path = "golden/loops.out.rs"]
mod loops;

#[rustfmt::skip]
#[deny(warnings)]
#[forbid(unsafe_code)]
#[path = "golden/errors.out.rs"]
mod errors;

#[rustfmt::skip]
#[deny(warnings)]
#[forbid(unsafe_code)]
#[path = "golden/nested.out.rs"]
mod nested;

#[rustfmt::skip]
#[deny(warnings)]
#[forbid(unsafe_code)]
#[path = "golden/waker.out.rs"]
mod waker;

// In the shape `pinned` there is `unsafe`.

#[rustfmt::skip]
#[deny(warnings)]
#[path = "golden/pinned.out.rs"]
mod pinned;

#[rustfmt::skip]
#[deny(warnings)]
#[path = "golden/held.out.rs"]
mod held;

const NAMES: [&str; 8] = [
    "straight", "branches", "loops", "errors", "nested", "waker", "pinned",
    "held",
];

fn folder() -> PathBuf {
    // Where the test runs, not where it was compiled.
    std::env::current_dir().unwrap().join("tests/golden")
}

#[test]
fn what_is_printed_is_what_was_expected() {
    let _dog = watchdog();
    let bless = std::env::var_os("COROFY_BLESS").is_some();
    for name in NAMES {
        let source = folder().join(format!("{name}.rs"));
        let expected = folder().join(format!("{name}.out.rs"));
        let source = std::fs::read_to_string(source).unwrap();
        let print = Print { explain: true };
        let printed = expand(&source, print).unwrap();
        if bless {
            std::fs::write(&expected, &printed).unwrap();
        }
        let expected = std::fs::read_to_string(&expected).unwrap();
        let lines = printed.lines().zip(expected.lines());
        let differs = lines.enumerate().find(|(_, (a, b))| a != b);
        assert_eq!(differs, None, "{name}");
        assert!(printed == expected, "{name} ends elsewhere");
    }
}

#[test]
fn every_golden_file_is_looked_at() {
    let _dog = watchdog();
    let files = std::fs::read_dir(folder()).unwrap();
    let mut files: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".out.rs"))
        .collect();
    files.sort();
    let mut names = NAMES.map(|name| format!("{name}.rs"));
    names.sort();
    assert_eq!(files, names);
}

#[test]
fn the_comments_come_only_when_they_are_asked_for() {
    let _dog = watchdog();
    let source = folder().join("straight.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let plain = expand(&source, Print::default()).unwrap();
    let explained = expand(&source, Print { explain: true }).unwrap();
    let comments =
        |text: &str| text.lines().filter(|l| l.contains("// line ")).count();
    assert_eq!((comments(&plain), comments(&explained)), (0, 3));
    assert!(explained.contains("// line 7: after(1, \"first\").wait"));
}

#[test]
fn the_golden_files_run() {
    let _dog = watchdog();
    let text = |text: &str| text.to_owned();
    assert_eq!(
        run(straight::straight()),
        (text("first zwei, două, δύο"), 4)
    );
    // The length of the name is waited for, or computed.
    assert_eq!(run(branches::branches(text("name"), true)), (4, 3));
    assert_eq!(run(branches::branches(text("name"), false)), (4, 2));
    assert_eq!(run(branches::branches(text(""), false)), (0, 1));
    let words = ["ab", "", "stop", "never"].map(str::to_owned);
    assert_eq!(run(loops::loops(words.into())), ((4, text("last")), 6));
    assert_eq!(run(errors::errors(" 21 ")), (Ok(42), 3));
    assert_eq!(run(errors::errors("0")), (Ok(0), 2));
    assert!(run(errors::errors("x")).0.is_err());
    let pair = run(nested::nested("p", (text("a"), text("dropped"))));
    let left = text("first zwei, două, δύοpab!");
    assert_eq!(pair.0.left, left);
    assert_eq!(pair.0.right, "ac");
}

#[test]
fn the_other_shapes_run() {
    let _dog = watchdog();
    let waker = std::task::Waker::noop();
    let mut future = waker::waker(3);
    let mut polls = 0;
    let sum = loop {
        polls += 1;
        if let PollState::Ready(sum) =
            with_waker::Future::poll(&mut future, waker)
        {
            break sum;
        }
    };
    // One poll and, for each number, as many as it takes to wait once.
    assert_eq!((sum, polls), (3, 4));

    let mut future = Box::pin(pinned::pinned(2));
    let mut polls = 0;
    let last = loop {
        polls += 1;
        let poll = pinned_with_waker::Future::poll(future.as_mut(), waker);
        if let PollState::Ready(last) = poll {
            break last;
        }
    };
    assert_eq!((last, polls), (2, 4));

    let words = ["ab", "c"].map(str::to_owned).into();
    let mut future = Box::pin(held::held(words, &5));
    let mut polls = 0;
    let result = loop {
        polls += 1;
        let poll = pinned_with_waker::Future::poll(future.as_mut(), waker);
        if let PollState::Ready(result) = poll {
            break result;
        }
    };
    assert_eq!((result, polls), (("abc".to_owned(), 7), 4));
}
