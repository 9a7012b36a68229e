//! Stage 4 of chapter 9: a value with a pointer to itself, and nothing else.
//!
//! It leaves out waiting, so that only the pin is left to look at.

use std::marker::PhantomPinned;
use std::pin::Pin;
use std::ptr;

// ANCHOR: compass
/// Its needle points at a field of the compass itself.
#[derive(Debug)]
pub struct Compass {
    north: u32,
    /// Null, or the address of `north`.
    needle: *const u32,
    /// Takes `Unpin` away.
    _pinned: PhantomPinned,
}

impl Compass {
    /// Points the needle at `north`.
    pub fn aim(self: Pin<&mut Self>) {
        // SAFETY: a pointer is stored in it, and nothing is moved.
        let this = unsafe { self.get_unchecked_mut() };
        this.needle = &raw const this.north;
    }

    /// What the needle points at; `None` before `aim`.
    #[must_use]
    pub fn read(self: Pin<&Self>) -> Option<u32> {
        // SAFETY: it is null, or `aim` has set it. Then it is the address of
        // `north`, since this value has been pinned from that moment on.
        // Nothing changes `north`.
        unsafe { self.needle.as_ref() }.copied()
    }
}
// ANCHOR_END: compass

impl Compass {
    /// A compass whose needle points nowhere yet. It may be moved.
    #[must_use]
    pub const fn new(north: u32) -> Self {
        Self {
            north,
            needle: ptr::null(),
            _pinned: PhantomPinned,
        }
    }

    /// Does the needle point at this very compass? It is only compared, and
    /// not followed.
    #[must_use]
    pub fn points_at_itself(&self) -> bool {
        ptr::eq(self.needle, &self.north)
    }
}
