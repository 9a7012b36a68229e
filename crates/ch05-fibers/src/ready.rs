//! The ready queue: a ring of fibers, first in, first out.
//!
//! A list through the fibers themselves would need no memory of its own, and be
//! slower: the address of the next fiber would lie in the fiber before it, so
//! the processor could not begin to fetch it early. Out of a ring it fetches
//! several at once.
//!
//! A place holds the stack pointer, too, if its fiber has come by the short
//! way: then nothing has to be fetched from the fiber before its stack can be,
//! and the stacks of those who come next are known early enough to be fetched
//! while others run.

use crate::fiber::Fiber;
use crate::switch::StackPointer;
use std::alloc::{self, Layout};
use std::cell::Cell;
use std::ptr;

/// A place of the ring.
#[derive(Clone, Copy)]
struct Place {
    fiber: *const Fiber,
    /// Where it has stopped; null if the fiber itself knows.
    sp: StackPointer,
}

/// Who is to go on.
#[derive(Clone, Copy)]
pub(crate) struct Next<'q> {
    pub(crate) fiber: &'q Fiber,
    sp: StackPointer,
}

impl Next<'_> {
    /// Where it goes on.
    #[inline(always)]
    pub(crate) fn stopped_at(self) -> StackPointer {
        if self.sp.is_null() {
            self.fiber.sp.get()
        } else {
            self.sp
        }
    }
}

/// So many places ahead, stacks are fetched: about the time that it takes.
const AHEAD: usize = 6;

/// See the top of this file.
pub(crate) struct ReadyQueue {
    /// `mask + 1` places, a power of two.
    places: Cell<*mut Place>,
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
        // Zeroed, for `fetch` looks at places that nobody has been put into.
        // SAFETY: the layout is not empty.
        let new = unsafe { alloc::alloc_zeroed(layout) }.cast::<Place>();
        if new.is_null() {
            alloc::handle_alloc_error(layout);
        }
        let mut count = 0;
        while let Some(Next { fiber, sp }) = self.pop() {
            // SAFETY: there were fewer than there are places now.
            let place = unsafe { new.add(count) };
            // SAFETY: within the new places, which nothing else uses yet.
            unsafe { place.write(Place { fiber, sp }) };
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
        Layout::array::<Place>(places).expect("so many fibers")
    }

    fn free(&self) {
        let old = self.places.get();
        if !old.is_null() {
            let layout = Self::layout(self.mask.get() + 1);
            // SAFETY: allocated by `resize`, with this layout.
            unsafe { alloc::dealloc(old.cast(), layout) };
        }
    }

    #[inline(always)]
    fn place(&self, index: usize) -> *mut Place {
        self.places.get().wrapping_add(index & self.mask.get())
    }

    /// To the end. There must be room; every fiber is here once at most. Where
    /// it has stopped, or will have when others go on, it knows itself.
    #[inline(always)]
    pub(crate) fn push(&self, fiber: &Fiber) {
        let end = self.end.get();
        debug_assert!(end - self.first.get() <= self.mask.get());
        let sp = ptr::null_mut();
        // SAFETY: masked, so within the places; `make_room_for` has been
        // called for every fiber that is alive.
        unsafe { self.place(end).write(Place { fiber, sp }) };
        self.end.set(end + 1);
    }

    /// From the front.
    #[inline(always)]
    pub(crate) fn pop<'q>(&self) -> Option<Next<'q>> {
        if self.is_empty() {
            return None;
        }
        let first = self.first.get();
        self.first.set(first + 1);
        // SAFETY: not empty, so a fiber has been put there.
        let Place { fiber, sp } = unsafe { self.place(first).read() };
        // SAFETY: a fiber in the queue has not ended.
        let fiber = unsafe { &*fiber };
        Some(Next { fiber, sp })
    }

    // ANCHOR: ready_queue
    /// The short way: `me` to the end, and out comes the first one. The caller
    /// switches at once, and has the switch store where `me` stops. `None`, and
    /// nothing is done, if there is no other, or the budget is used up.
    #[inline(always)]
    pub(crate) fn exchange<'q>(
        &self,
        me: *const Fiber,
    ) -> Option<(*mut StackPointer, Next<'q>)> {
        let (first, end) = (self.first.get(), self.end.get());
        if first == end || end >= self.limit.get() {
            return None;
        }
        let mine = self.place(end);
        // SAFETY: masked, so within the places; and it is not the place that is
        // read below, since there is room.
        unsafe { (*mine).fiber = me };
        self.end.set(end + 1);
        self.first.set(first + 1);
        self.fetch(first + AHEAD);
        // SAFETY: not empty, so a fiber has been put there.
        let Place { fiber, sp } = unsafe { self.place(first).read() };
        // SAFETY: a fiber in the queue has not ended.
        let fiber = unsafe { &*fiber };
        // SAFETY: `mine` is a place of the ring, so the field is there.
        let save = unsafe { &raw mut (*mine).sp };
        Some((save, Next { fiber, sp }))
    }

    /// Has the processor fetch what a switch to that place will need: a hint,
    /// for which any address will do.
    #[inline(always)]
    fn fetch(&self, index: usize) {
        // SAFETY: masked, so within the places, which were zeroed.
        let Place { fiber, sp } = unsafe { self.place(index).read() };
        #[cfg(target_arch = "x86_64")]
        for address in [fiber.cast::<i8>(), sp.wrapping_sub(8).cast()] {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: it changes nothing and never faults.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(address) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (fiber, sp); // no such hint in stable Rust
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
