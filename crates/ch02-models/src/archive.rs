//! The slow archive of chapter 2, which the errand of every stage visits: look
//! a title up, fetch its text, store a copy. Each step needs the result of the
//! one before.
//!
//! It is a simulation: a request holds its result from the beginning, and the
//! `wait` of each stage hands the result out once the delay is over. It leaves
//! out errors, and everything that would really take the time.

use crate::ms;
use std::time::Duration;

/// What the archive holds: a title, its number (the one that Project Gutenberg
/// gave it), and the sentence with which it begins.
const SHELF: [(&str, u32, &str); 2] = [
    ("moby-dick", 2701, "Call me Ishmael."),
    (
        "jane-eyre",
        1260,
        "There was no possibility of taking a walk that day.",
    ),
];

/// The title that the chapter's programs ask for.
pub const TITLE: &str = SHELF[0].0;

/// Another one.
pub const SECOND_TITLE: &str = SHELF[1].0;

/// How long a whole errand takes: three waits.
pub const ERRAND: Duration = Duration::from_millis(30 + 120 + 60);

// ANCHOR: request_type
/// A request to the archive: how long it takes, and what comes of it.
#[derive(Clone, Copy, Debug)]
pub struct Request<T> {
    /// How long to wait for the result.
    pub delay: Duration,
    /// The result.
    pub result: T,
}
// ANCHOR_END: request_type

/// The number of a title; 0 if the archive does not have it. Takes 30 ms.
pub fn look_up(title: &str) -> Request<u32> {
    let found = SHELF.iter().find(|(known, ..)| *known == title);
    let result = found.map_or(0, |(_, number, _)| *number);
    let delay = ms(30);
    Request { delay, result }
}

/// The text with this number; empty if there is none. Takes 120 ms.
pub fn fetch(number: u32) -> Request<&'static str> {
    let found = SHELF.iter().find(|(_, known, _)| *known == number);
    let result = found.map_or("", |(_, _, text)| text);
    let delay = ms(120);
    Request { delay, result }
}

/// Stores a copy under the number, and returns its length in bytes. Takes 60 ms.
pub fn store(_number: u32, text: &str) -> Request<u64> {
    let (delay, result) = (ms(60), text.len() as u64);
    Request { delay, result }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_needs_the_one_before() {
        let number = look_up(TITLE).result;
        let text = fetch(number).result;
        assert_eq!(store(number, text).result, 16);
        let all = look_up(TITLE).delay
            + fetch(number).delay
            + store(number, text).delay;
        assert_eq!(all, ERRAND);
        assert_eq!(look_up("no such book").result, 0);
        assert_eq!(fetch(0).result, "");
    }
}
