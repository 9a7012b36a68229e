//! Stage 2: a coroutine with a reference into itself, which is not moved.
//!
//! UNSOUND: `Report` must not be moved once it was polled, and nothing stops
//! you. This program does not move it.

use ch07_coroutines::{Future, Later, PollState};
use testing::println;

#[path = "unsound/report.rs"]
mod report;
use report::report;

/// What it reports; and whether `out` was the address of `text`, before the
/// first poll and after it.
fn unmoved(last: &'static str) -> (String, bool, bool) {
    // ANCHOR: main
    let mut wind = report([Later::new("wind ", 0), Later::new(last, 2)]);
    let before = wind.places();
    let mut answer = wind.poll(); // from here on, `wind` must stay where it is
    let after = wind.places();
    let text = loop {
        match answer {
            PollState::Ready(text) => break text,
            PollState::NotReady => answer = wind.poll(),
        }
    };
    // ANCHOR_END: main
    (text, before.0 == before.1, after.0 == after.1)
}

fn main() {
    let (text, before, after) = unmoved("from the north-west");
    println!("`out` is the address of `text` before the first poll: {before}");
    println!("and after it: {after}");
    println!("{text}");
}

#[test]
fn runs() {
    let (text, before, after) = unmoved("from the north-west");
    assert_eq!(text, "wind from the north-west");
    assert_eq!((before, after), (false, true));
}
