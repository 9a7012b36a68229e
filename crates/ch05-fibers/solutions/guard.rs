//! Solution of exercise `guard`.
//!
//! One page more is mapped, and the lowest one cannot be touched. The owner is
//! built before `mprotect` is asked, so that the mapping goes if that fails.
#![cfg(unix)]

use std::io;
use std::ptr;

/// A stack and what lies below it.
#[derive(Debug)]
pub struct Guarded {
    /// All that was mapped: its low end, and how long it is in bytes.
    base: *mut u8,
    length: usize,
    /// The low end of the stack itself.
    bottom: *mut u8,
}

impl Guarded {
    /// A stack of at least `size` bytes, in whole pages.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn new(size: usize) -> io::Result<Self> {
        // SAFETY: takes a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let length = size.next_multiple_of(page) + page;
        // SAFETY: a new mapping, somewhere.
        let base = unsafe {
            libc::mmap(
                ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = base.cast::<u8>();
        let bottom = base.wrapping_add(page);
        let guarded = Self {
            base,
            length,
            bottom,
        };
        // SAFETY: the lowest page of what we have just mapped.
        if unsafe { libc::mprotect(base.cast(), page, libc::PROT_NONE) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(guarded)
    }

    /// The low end of the stack.
    pub fn bottom(&self) -> *mut u8 {
        self.bottom
    }

    /// The high end.
    pub fn top(&self) -> *mut u8 {
        self.base.wrapping_add(self.length)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`, with this length, and no longer used.
        unsafe { libc::munmap(self.base.cast(), self.length) };
    }
}

#[cfg(test)]
#[path = "../exercises/tests/guard.rs"]
mod tests;
