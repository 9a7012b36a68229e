//! Stage 4 of chapter 6: what sends the value, and a non-leaf by `async`.
//!
//! The thread that has the sender plays the reactor: it knows when the event
//! has come, and wakes. A reactor that watches many sockets is left to
//! chapter 8.

use crate::s4_leaf::{Closed, Receiver, one_shot};
use std::thread;
use std::time::Duration;

// ANCHOR: ask
/// Asks a thread that takes some time to answer. It begins at the call.
pub fn ask(answer: u32, delay: Duration) -> Receiver<u32> {
    let (sender, receiver) = one_shot();
    thread::spawn(move || {
        thread::sleep(delay);
        // An error says that the question was dropped meanwhile.
        let _ = sender.send(answer);
    });
    receiver
}
// ANCHOR_END: ask

// ANCHOR: two_questions
/// Two questions, one after the other.
pub async fn two_questions() -> Result<u32, Closed> {
    let first = ask(40, Duration::from_millis(20)).await?;
    let second = ask(2, Duration::from_millis(10)).await?;
    Ok(first + second)
}
// ANCHOR_END: two_questions
