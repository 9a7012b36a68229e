//! Exercise `refuse_move`: make the move fail to compile.
//!
//! 10 minutes.
//!
//! `Peak` notes numbers, and keeps the address of the largest. Its functions
//! take a `Pin`, and yet this compiles, and reads memory that is no `Peak` any
//! more:
//!
//! ```text
//! let mut peak = Peak::new();
//! Pin::new(&mut peak).note(7);
//! let moved = Box::new(peak);
//! Pin::new(&*moved).largest(); // follows an address on the stack
//! ```
//!
//! Change `Peak` so that the second line is refused. Its functions are right,
//! but for what they need to build it.
//!
//! Run: `cargo test --test refuse_move`
//!
//! Fails until solved: `exercise refuse_move:`

use std::pin::Pin;
use std::ptr;

/// The latest eight numbers, and where the largest of all is among them.
#[derive(Debug)]
pub struct Peak {
    numbers: [u32; 8],
    noted: usize,
    largest: *const u32,
}

impl Peak {
    /// Nothing noted yet.
    #[allow(
        clippy::new_without_default,
        reason = "one way to make it is enough"
    )]
    pub fn new() -> Self {
        Self {
            numbers: [0; 8],
            noted: 0,
            largest: ptr::null(),
        }
    }

    /// Notes a number; after eight of them, in place of the oldest.
    pub fn note(self: Pin<&mut Self>, number: u32) {
        // SAFETY: numbers are written into it, and nothing is moved.
        let this = unsafe { self.get_unchecked_mut() };
        this.numbers[this.noted % 8] = number;
        this.noted += 1;
        let known = &this.numbers[..this.noted.min(8)];
        let largest = known.iter().max();
        this.largest = largest.map_or(ptr::null(), ptr::from_ref);
    }

    /// The largest of the latest eight.
    pub fn largest(self: Pin<&Self>) -> Option<u32> {
        // SAFETY: null, or the address of a number in this value, which has
        // been pinned since `note` set it.
        unsafe { self.largest.as_ref() }.copied()
    }
}

#[cfg(test)]
#[path = "../exercises/tests/refuse_move.rs"]
mod tests;
