//! The ready queue: a ring of fibers, first in, first out.
//!
//! A list through the fibers themselves would need no memory of its own, and be
//! slower: the address of the next fiber would lie in the fiber before it, so
//! the processor could not begin to fetch it early. Out of a ring it fetches
//! several at once.

use crate::fiber::Fiber;
use std::alloc::{self, Layout};
use std::cell::Cell;
use std::ptr;

/// See the top of this file.
pub(crate) struct ReadyQueue {
    /// `mask + 1` places, a power of two.
    places: Cell<*mut *const Fiber>,
    mask: Cell<usize>,
    /// Counted up, for longer than any program runs; the low bits are a place.
    first: Cell<usize>,
    end: Cell<usize>,
    /// The short way is closed from this `end` on. See [`exchange`].
    ///
    /// [`exchange`]: Self::exchange
    limit: Cell<usize>,
}

impl ReadyQueue {
    /// Empty, with a little room.
    pub(crate) fn new() -> Self {
        let queue = Self {
            places: Cell::new(ptr::null_mut()),
            mask: Cell::new(0),
            first: Cell::new(0),
            end: Cell::new(0),
            limit: Cell::new(0),
        };
        queue.resize(64);
        queue
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.first.get() == self.end.get()
    }

    /// Makes room for so many, so that [`push`](Self::push) need not.
    #[inline]
    pub(crate) fn make_room_for(&self, fibers: usize) {
        if fibers > self.mask.get() {
            self.resize(2 * (self.mask.get() + 1));
        }
    }

    /// To a number of places that is a power of two, and larger than before.
    #[cold]
    fn resize(&self, places: usize) {
        let layout = Self::layout(places);
        // SAFETY: the layout is not empty.
        let new = unsafe { alloc::alloc(layout) }.cast::<*const Fiber>();
        if new.is_null() {
            alloc::handle_alloc_error(layout);
        }
        let mut count = 0;
        while let Some(fiber) = self.pop() {
            // SAFETY: there were fewer than there are places now.
            let place = unsafe { new.add(count) };
            // SAFETY: as above.
            unsafe { place.write(fiber) };
            count += 1;
        }
        self.free();
        self.places.set(new);
        self.mask.set(places - 1);
        self.first.set(0);
        self.end.set(count);
        self.limit.set(0);
    }

    fn layout(places: usize) -> Layout {
        // It would have to be half of all addresses.
        Layout::array::<*const Fiber>(places).expect("so many fibers")
    }

    fn free(&self) {
        let old = self.places.get();
        if !old.is_null() {
            let layout = Self::layout(self.mask.get() + 1);
            // SAFETY: allocated by `resize`, with this layout.
            unsafe { alloc::dealloc(old.cast(), layout) };
        }
    }

    // ANCHOR: ready_queue
    #[inline(always)]
    fn place(&self, index: usize) -> *mut *const Fiber {
        self.places.get().wrapping_add(index & self.mask.get())
    }

    /// To the end. There must be room; every fiber is here once at most.
    #[inline(always)]
    pub(crate) fn push(&self, fiber: &Fiber) {
        let end = self.end.get();
        debug_assert!(end - self.first.get() <= self.mask.get());
        // SAFETY: masked, so within the places; `make_room_for` has been
        // called for every fiber that is alive.
        unsafe { self.place(end).write(fiber) };
        self.end.set(end + 1);
    }

    /// From the front.
    #[inline(always)]
    pub(crate) fn pop<'q>(&self) -> Option<&'q Fiber> {
        if self.is_empty() {
            return None;
        }
        let first = self.first.get();
        self.first.set(first + 1);
        // SAFETY: not empty, so somebody has been pushed there.
        let fiber = unsafe { self.place(first).read() };
        // SAFETY: who stands in the queue has not ended.
        Some(unsafe { &*fiber })
    }

    /// The short way: `me` to the end, and out comes the first one. `None`, and
    /// nothing is done, if there is no other, or the budget is used up.
    #[inline(always)]
    pub(crate) fn exchange<'q>(&self, me: *const Fiber) -> Option<&'q Fiber> {
        let (first, end) = (self.first.get(), self.end.get());
        if first == end || end >= self.limit.get() {
            return None;
        }
        // SAFETY: as in `push`. It is not the place that is read below, since
        // there is room.
        unsafe { self.place(end).write(me) };
        self.end.set(end + 1);
        self.first.set(first + 1);
        // SAFETY: as in `pop`.
        let fiber = unsafe { self.place(first).read() };
        // SAFETY: as in `pop`.
        Some(unsafe { &*fiber })
    }
    // ANCHOR_END: ready_queue

    /// So many more may be pushed before the short way is closed.
    pub(crate) fn set_budget(&self, budget: usize) {
        self.limit.set(match budget {
            0 => 0,
            budget => self.end.get() + budget,
        });
    }

    /// Is the short way open?
    #[inline(always)]
    pub(crate) fn has_budget(&self) -> bool {
        self.end.get() < self.limit.get()
    }
}

impl Drop for ReadyQueue {
    fn drop(&mut self) {
        self.free();
    }
}
