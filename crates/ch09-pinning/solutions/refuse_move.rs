//! Solution of exercise `refuse_move`.
//!
//! Functions that take `Pin<&mut Self>` are not enough: for a type that is
//! `Unpin`, anybody can make such a pin and go on moving the value. A field
//! that is not `Unpin` takes the trait away from the whole.

use std::marker::PhantomPinned;
use std::pin::Pin;
use std::ptr;

/// The latest eight numbers, and where the largest of all is among them.
#[derive(Debug)]
pub struct Peak {
    numbers: [u32; 8],
    noted: usize,
    largest: *const u32,
    /// Takes `Unpin` away, and with it `Pin::new`.
    _pinned: PhantomPinned,
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
            _pinned: PhantomPinned,
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
