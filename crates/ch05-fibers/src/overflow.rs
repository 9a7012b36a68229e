//! When a stack overflows: says which fiber it was, and ends the process.
//!
//! The guard below each stack turns the first access beyond its end into a
//! fault. (That the *first* access is in the guard, however large the frame,
//! is the compiler's doing: it touches every page of a large frame in order,
//! except on RISC-V, where that is left to [`Runtime::new`]'s caller.)
//! The stack cannot be used any more, so the handler runs on another one, and
//! does only what is allowed in a signal handler. There is no way back: the
//! frames between the fault and the fiber's first one may hold locks, and
//! nothing can be unwound from the middle of an instruction.
//!
//! [`Runtime::new`]: crate::Runtime::new

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::install;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::install;

use crate::scheduler::Scheduler;

/// The message, made without allocating.
struct Message {
    bytes: [u8; 256],
    length: usize,
}

impl Message {
    /// For the fiber in whose guard the address is; `None` if it is in none.
    fn about(address: usize) -> Option<Self> {
        let (fiber, size) = Scheduler::current()?.overflown(address)?;
        let mut message = Self {
            bytes: [0; 256],
            length: 0,
        };
        message.text("\nfiber ");
        if let Some(name) = fiber.name() {
            message.text("'");
            // Any longer, and the rest would not fit.
            message.text(&name[..name.floor_char_boundary(100)]);
            message.text("' (");
        }
        message.number(fiber.id());
        if fiber.name().is_some() {
            message.text(")");
        }
        message.text(" has overflowed its stack of ");
        message.number((size / 1024) as u64);
        message.text(" KiB\n");
        Some(message)
    }

    fn text(&mut self, text: &str) {
        let room = &mut self.bytes[self.length..];
        let length = text.len().min(room.len());
        room[..length].copy_from_slice(&text.as_bytes()[..length]);
        self.length += length;
    }

    fn number(&mut self, number: u64) {
        if number >= 10 {
            self.number(number / 10);
        }
        let digit = b'0' + (number % 10) as u8;
        self.text(str::from_utf8(&[digit]).unwrap_or("?"));
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}
