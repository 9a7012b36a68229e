//! Exercise `drain`: a mebibyte through a kibibyte, edge-triggered.
//!
//! 10 to 15 minutes.
//!
//! A non-blocking source sends a mebibyte, in bursts and with pauses, and then
//! ends. Register it in a queue, and read all of it through a buffer of one
//! kibibyte. Sleep when there is nothing: a read that finds nothing is allowed
//! once per event, not again and again.
//!
//! Hint: a read can have three results, and "nothing at the moment" is not the
//! same as "nothing ever again". A signal is a fourth.
//!
//! Run: `cargo test --test drain`
//!
//! Fails until solved: `exercise drain:`

use ch04_event_queue::event::Source;
use std::io::{self, Read};

/// The most that one read may take.
pub const ROOM: usize = 1024;

/// Reads `source` to its end, at most [`ROOM`] bytes at a time, and returns
/// what came. Sleeps on an event queue while there is nothing.
///
/// # Errors
///
/// What the system reports for the queue or for a read.
pub fn receive<S: Source + Read>(source: &mut S) -> io::Result<Vec<u8>> {
    let _ = source;
    todo!("exercise drain: wait for an event, then read until it would block")
}

#[cfg(test)]
#[path = "../exercises/tests/drain.rs"]
mod tests;
