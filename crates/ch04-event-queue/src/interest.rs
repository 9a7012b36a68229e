//! What a program wants to know about a source.

use std::fmt;
use std::num::NonZeroU8;
use std::ops::{BitOr, BitOrAssign};

/// What a program wants to know about a source.
///
/// Never empty: to stop all events, deregister the source. Errors and hang-ups
/// are reported whatever the interest is.
///
/// ```
/// use ch04_event_queue::Interest;
///
/// let both = Interest::READABLE | Interest::WRITABLE;
/// assert!(both.is_readable() && both.is_writable());
/// assert_eq!(both.remove(Interest::READABLE), Some(Interest::WRITABLE));
/// assert_eq!(Interest::READABLE.remove(both), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interest(NonZeroU8);

// One bit each. The constants below say which platforms know them.
const READABLE: u8 = 1;
const WRITABLE: u8 = 1 << 1;
const AIO: u8 = 1 << 2;
const LIO: u8 = 1 << 3;
const PRIORITY: u8 = 1 << 4;

/// Each bit with its name, in the order in which they are shown.
const NAMES: [(u8, &str); 5] = [
    (READABLE, "READABLE"),
    (WRITABLE, "WRITABLE"),
    (AIO, "AIO"),
    (LIO, "LIO"),
    (PRIORITY, "PRIORITY"),
];

// ANCHOR: interest
impl Interest {
    /// Something to read, or the end of it.
    pub const READABLE: Self = Self::of(READABLE);
    /// Room to write.
    pub const WRITABLE: Self = Self::of(WRITABLE);
    /// Asynchronous file operations that are done.
    #[cfg(any(
        target_os = "dragonfly",
        target_os = "freebsd",
        target_vendor = "apple"
    ))]
    pub const AIO: Self = Self::of(AIO);
    /// Lists of asynchronous file operations that are done.
    #[cfg(target_os = "freebsd")]
    pub const LIO: Self = Self::of(LIO);
    /// Something urgent to read.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    pub const PRIORITY: Self = Self::of(PRIORITY);
}
// ANCHOR_END: interest

// ANCHOR: interest_sets
impl Interest {
    /// This interest and another one. `|` does the same, but not in constants.
    #[must_use]
    #[inline]
    pub const fn add(self, other: Self) -> Self {
        Self(match NonZeroU8::new(self.0.get() | other.0.get()) {
            Some(bits) => bits,
            None => self.0, // never: more bits are not fewer
        })
    }

    /// This interest without another one, or `None` if nothing is left.
    #[must_use]
    #[inline]
    pub fn remove(self, other: Self) -> Option<Self> {
        NonZeroU8::new(self.0.get() & !other.0.get()).map(Self)
    }
}
// ANCHOR_END: interest_sets

impl Interest {
    const fn of(bit: u8) -> Self {
        match NonZeroU8::new(bit) {
            Some(bits) => Self(bits),
            None => panic!("an interest is never empty"),
        }
    }

    #[inline]
    const fn has(self, bit: u8) -> bool {
        self.0.get() & bit != 0
    }

    /// Is it about something to read?
    #[must_use]
    #[inline]
    pub const fn is_readable(self) -> bool {
        self.has(READABLE)
    }

    /// Is it about room to write?
    #[must_use]
    #[inline]
    pub const fn is_writable(self) -> bool {
        self.has(WRITABLE)
    }

    /// Is it about asynchronous file operations?
    #[must_use]
    #[inline]
    pub const fn is_aio(self) -> bool {
        self.has(AIO)
    }

    /// Is it about lists of asynchronous file operations?
    #[must_use]
    #[inline]
    pub const fn is_lio(self) -> bool {
        self.has(LIO)
    }

    /// Is it about something urgent to read?
    #[must_use]
    #[inline]
    pub const fn is_priority(self) -> bool {
        self.has(PRIORITY)
    }
}

impl BitOr for Interest {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        self.add(other)
    }
}

impl BitOrAssign for Interest {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        *self = self.add(other);
    }
}

impl fmt::Debug for Interest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        for (_, name) in NAMES.iter().filter(|(bit, _)| self.has(*bit)) {
            write!(out, "{between}{name}")?;
            between = " | ";
        }
        Ok(())
    }
}
