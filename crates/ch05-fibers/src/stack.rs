//! Memory for stacks: one mapping for many, a guard below each of them.
//!
//! A stack is a slot of an arena. A slot is as long as a guard and a stack
//! together, which is an odd number of pages: the processor keeps translations
//! of addresses in places chosen by the low bits of the page number, and a
//! thousand stacks that agree in those would compete for a few places.
//!
//! The arena only grows, a mapping at a time, each twice as large as the one
//! before; a stack that is no longer used is the pool's business, which is the
//! scheduler's. Left out: giving memory back that a stack has touched once, and
//! stacks that grow (see `examples/growth.rs`).

use std::cell::Cell;
use std::fmt;
use std::io;
use std::ops::Range;
use std::ptr;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as sys;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as sys;

/// How many stacks the first mapping has room for,
const FIRST: usize = 32;
/// and the largest.
const MOST: usize = 4096;

/// No stack is smaller, in bytes: a panic that is reported with a backtrace
/// needs somewhat more than 20 KiB.
const LEAST: usize = 32 * 1024;

/// The default size of a guard, in bytes: longer than a frame of the C library,
/// or of most code in C, which does not touch its pages in order. One page
/// more than a power of two, so that with a stack it makes an odd number of pages.
pub const GUARD: usize = 132 * 1024;

/// How a guard is made. Each system has one or two of these kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuardKind {
    /// `MADV_GUARD_INSTALL` (Linux 6.13): a mark in the page table. It divides
    /// no mapping, so there can be as many as there are stacks.
    Advised,
    /// `mprotect` (Unix): the mapping falls into pieces, two for each stack,
    /// and Linux allows a process 65,530 of them.
    Protected,
    /// `PAGE_GUARD` (Windows): the first touch is an exception.
    Page,
}

/// A stack: its two ends. Valid as long as its arena.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// The lowest address that is not the guard's.
    pub bottom: *mut u8,
    /// The end, a multiple of the page size.
    pub top: *mut u8,
    /// Counted from 0, over all mappings.
    pub index: usize,
}

/// One mapping. Neither moved nor freed before the arena is, and complete
/// before it can be found: a signal handler walks along them.
#[derive(Debug)]
struct Chunk {
    older: *const Chunk,
    base: *mut u8,
    /// How many slots it has room for, and has handed out.
    room: usize,
    used: Cell<usize>,
}

/// Stacks of one size, as many as are wanted.
pub struct Arena {
    size: usize,
    guard: usize,
    newest: Cell<*const Chunk>,
    slots: Cell<usize>,
}

impl Arena {
    /// Stacks of `size` bytes, and guards of `guard` bytes, both rounded up to
    /// whole pages. Nothing is mapped yet.
    pub fn new(size: usize, guard: usize) -> Self {
        /// Slots that are a multiple of this apart agree in the low bits of
        /// their page numbers.
        const AGREE: usize = 64 * 1024;
        let page = sys::page_size();
        // Above, sizes would wrap.
        const LARGEST: usize = isize::MAX as usize / (4 * MOST);
        let size = size.clamp(LEAST, LARGEST).next_multiple_of(page);
        let guard = guard.clamp(sys::LEAST_GUARD_PAGES * page, LARGEST);
        let mut guard = guard.next_multiple_of(page);
        if (guard + size).is_multiple_of(AGREE) {
            guard += page;
        }
        Self {
            size,
            guard,
            newest: Cell::new(ptr::null()),
            slots: Cell::new(0),
        }
    }

    /// The size of each stack, in bytes.
    pub fn stack_size(&self) -> usize {
        self.size
    }

    /// How many stacks there are, used or not.
    pub fn slots(&self) -> usize {
        self.slots.get()
    }

    fn stride(&self) -> usize {
        self.guard + self.size
    }

    /// One more stack, with its guard in place.
    ///
    /// # Errors
    ///
    /// `OutOfMemory` if there is no memory, there are too many mappings, or the
    /// addresses of the process are limited; then the message says so.
    // ANCHOR: arena_take
    pub fn take(&self) -> io::Result<Slot> {
        let mut chunk = self.newest();
        if chunk.is_none_or(|chunk| chunk.used.get() == chunk.room) {
            let room = chunk.map_or(FIRST, |chunk| MOST.min(2 * chunk.room));
            chunk = Some(self.map_up_to(room)?);
        }
        let chunk = chunk.expect("just made if there was none");
        let used = chunk.used.get();
        let slot = self.slot_of(chunk, used);
        let low = slot.bottom.wrapping_sub(self.guard);
        // SAFETY: a slot of our mapping that is not in use yet.
        unsafe { sys::open(low, self.guard, self.size) }?;
        #[cfg(fibers_valgrind)]
        sys::tell_valgrind(slot.bottom, slot.top);
        #[cfg(fibers_asan)]
        crate::switch::asan::register(slot.bottom, slot.top);
        chunk.used.set(used + 1);
        self.slots.set(self.slots.get() + 1);
        Ok(Slot {
            index: self.slots.get() - 1,
            ..slot
        })
    }
    // ANCHOR_END: arena_take

    /// Reserves addresses for `room` slots, or for fewer if there is a limit
    /// that this many would exceed.
    fn map_up_to(&self, room: usize) -> io::Result<&Chunk> {
        let mut room = room;
        loop {
            match self.map(room) {
                Err(_) if room > 1 => room /= 2,
                Err(error) => {
                    let text = format!(
                        "{error} (no addresses for one more stack of {} KiB \
                         with its guard of {} KiB, after {}: is the address \
                         space limited, as by `ulimit -v`?)",
                        self.size / 1024,
                        self.guard / 1024,
                        self.slots.get(),
                    );
                    return Err(io::Error::new(error.kind(), text));
                }
                chunk => return chunk,
            }
        }
    }

    /// Reserves addresses for `room` slots.
    fn map(&self, room: usize) -> io::Result<&Chunk> {
        let base = sys::reserve(room * self.stride())?;
        let chunk = Box::new(Chunk {
            older: self.newest.get(),
            base,
            room,
            used: Cell::new(0),
        });
        self.newest.set(Box::into_raw(chunk));
        Ok(self.newest().expect("just set"))
    }

    fn newest(&self) -> Option<&Chunk> {
        // SAFETY: null, or a chunk that lives as long as `self`.
        unsafe { self.newest.get().as_ref() }
    }

    fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        // SAFETY: null at the end of the list, or a chunk that lives as long as
        // `self`, as `newest` does.
        std::iter::successors(self.newest(), |chunk| unsafe {
            chunk.older.as_ref()
        })
    }

    /// The ends of the slot; its index is counted in the chunk.
    fn slot_of(&self, chunk: &Chunk, index: usize) -> Slot {
        let low = chunk.base.wrapping_add(index * self.stride());
        Slot {
            bottom: low.wrapping_add(self.guard),
            top: low.wrapping_add(self.stride()),
            index,
        }
    }

    /// All stacks that were ever taken. The indices are not those of
    /// [`take`](Self::take).
    pub fn taken(&self) -> impl Iterator<Item = Slot> {
        self.chunks().flat_map(|chunk| {
            (0..chunk.used.get()).map(|index| self.slot_of(chunk, index))
        })
    }

    // ANCHOR: arena_guarded_by
    /// The stack whose guard has this address. For signal handlers, too: it
    /// does no more than read and compare.
    pub fn guarded_by(&self, address: usize) -> Option<Slot> {
        let chunk = self.chunks().find(|chunk| {
            let length = chunk.used.get() * self.stride();
            address.wrapping_sub(chunk.base.addr()) < length
        })?;
        let offset = address - chunk.base.addr();
        let in_guard = offset % self.stride() < self.guard;
        in_guard.then(|| self.slot_of(chunk, offset / self.stride()))
    }
    // ANCHOR_END: arena_guarded_by

    /// How the guards of this process are made.
    pub fn guard_kind() -> GuardKind {
        sys::guard_kind()
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        #[cfg(fibers_asan)]
        for slot in self.taken() {
            crate::switch::asan::renew(slot.bottom, slot.top);
            crate::switch::asan::forget(slot.bottom);
        }
        let mut next = self.newest.replace(ptr::null());
        while !next.is_null() {
            // SAFETY: made by `map`, and found in this list only.
            let chunk = unsafe { Box::from_raw(next.cast_mut()) };
            next = chunk.older;
            let length = chunk.room * self.stride();
            // SAFETY: mapped by `map`, this long. That no stack is still in
            // use is the business of the arena's owner, the scheduler.
            unsafe { sys::release(chunk.base, length) };
        }
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Arena")
            .field("stack_size", &self.size)
            .field("slots", &self.slots.get())
            .finish_non_exhaustive()
    }
}

/// Does the code that calls this run on the stack with these addresses?
pub fn runs_on(span: &Range<*mut u8>) -> bool {
    let local = 0_u8;
    span.contains(&(&raw const local).cast_mut())
}

/// One stack by itself, with a guard: for the first stages.
#[derive(Debug)]
pub struct Stack {
    slot: Slot,
    _arena: Arena,
}

impl Stack {
    /// A stack of `size` bytes, rounded up to whole pages and to 32 KiB.
    ///
    /// # Errors
    ///
    /// `OutOfMemory` if there are no addresses for it, or too many mappings.
    pub fn new(size: usize) -> io::Result<Self> {
        let arena = Arena::new(size, GUARD);
        let base = sys::reserve(arena.stride())?;
        let chunk = Chunk {
            older: ptr::null(),
            base,
            room: 1,
            used: Cell::new(0),
        };
        arena.newest.set(Box::into_raw(Box::new(chunk)));
        let slot = arena.take()?;
        Ok(Self {
            slot,
            _arena: arena,
        })
    }

    /// Its addresses.
    pub fn span(&self) -> Range<*mut u8> {
        self.slot.bottom..self.slot.top
    }

    /// Its low end.
    pub fn bottom(&self) -> *mut u8 {
        self.slot.bottom
    }

    /// Its high end, a multiple of 16.
    pub fn top(&self) -> *mut u8 {
        self.slot.top
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_do_not_overlap_and_guards_are_found() {
        let arena = Arena::new(40_000, GUARD);
        assert_eq!(arena.stack_size() % 4096, 0);
        let mut ends = Vec::new();
        for index in 0..3 * FIRST {
            let slot = arena.take().unwrap();
            assert_eq!(slot.index, index);
            let size = slot.top.addr() - slot.bottom.addr();
            assert_eq!(size, arena.stack_size());
            // Writable from end to end.
            for place in [slot.bottom, slot.top.wrapping_sub(1)] {
                // SAFETY: ours.
                unsafe { place.write_volatile(1) };
            }
            assert!(arena.guarded_by(slot.bottom.addr()).is_none());
            assert!(arena.guarded_by(slot.top.addr() - 1).is_none());
            let found = arena.guarded_by(slot.bottom.addr() - 1).unwrap();
            assert_eq!(found.top, slot.top);
            let lowest = slot.bottom.addr() - arena.guard;
            assert_eq!(arena.guarded_by(lowest).unwrap().top, slot.top);
            ends.push((slot.bottom, slot.top));
        }
        ends.sort();
        for pair in ends.windows(2) {
            let gap = pair[1].0.addr() - pair[0].1.addr();
            assert!(gap >= arena.guard, "a guard between two");
        }
        assert_eq!(arena.taken().count(), arena.slots());
    }
}
