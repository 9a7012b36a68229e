//! The ready queue: a ring of fibers, first in, first out.
//!
//! A list through the fibers themselves would need no memory of its own, and be
//! slower: the address of the next fiber would lie in the fiber before it, so
//! the processor could not begin to fetch it early. Out of a ring it fetches
//! several at once.
//!
//! A place holds where its fiber has stopped, too: nothing has to be fetched
//! from the fiber before its stack can be, and the stacks of those that come next
//! are known early enough to be fetched while others run.

use crate::fiber::Fiber;
use crate::switch::StackPointer;
use std::alloc::{self, Layout};
use std::cell::Cell;
use std::ptr;

/// A fiber that is ready, and where it is suspended.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) fiber: *const Fiber,
    pub(crate) sp: StackPointer,
}

/// The size of a place. Indices are counted in bytes, which saves a shift each.
const PLACE: usize = size_of::<Place>();

/// How many places ahead stacks are fetched: about as long as that takes.
const AHEAD: usize = 6 * PLACE;

/// See the top of this file.
pub(crate) struct ReadyQueue {
    /// A power of two of them.
    places: Cell<*mut Place>,
    /// How many bytes they take, minus 1.
    mask: Cell<usize>,
    /// Counted up, for longer than any program runs; the low bits are a place.
    first: Cell<usize>,
    end: Cell<usize>,
    /// The short way is closed from this `end` on.
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

    /// Makes room for `fibers`, so that [`push`](Self::push) need not.
    pub(crate) fn make_room_for(&self, fibers: usize) {
        let places = (self.mask.get() + 1) / PLACE;
        if fibers >= places {
            self.resize(2 * places);
        }
    }

    /// Enlarges the ring to a number of places that is a power of two.
    #[cold]
    fn resize(&self, places: usize) {
        let layout = Self::layout(places);
        // Zeroed, for `exchange` looks at places that hold no fiber yet.
        // SAFETY: the layout is not empty.
        let new = unsafe { alloc::alloc_zeroed(layout) }.cast::<Place>();
        if new.is_null() {
            alloc::handle_alloc_error(layout);
        }
        let mut count = 0;
        while let Some(place) = self.pop() {
            // SAFETY: there were fewer than there are places now.
            let to = unsafe { new.add(count) };
            // SAFETY: within the new places, which nothing else uses yet.
            unsafe { to.write(place) };
            count += 1;
        }
        self.free();
        self.places.set(new);
        self.mask.set(layout.size() - 1);
        self.first.set(0);
        self.end.set(count * PLACE);
        self.limit.set(0);
    }

    fn layout(places: usize) -> Layout {
        // It would have to be half of all addresses.
        Layout::array::<Place>(places).expect("too many fibers")
    }

    fn free(&self) {
        let old = self.places.get();
        if !old.is_null() {
            let layout = Self::layout((self.mask.get() + 1) / PLACE);
            // SAFETY: allocated by `resize`, with this layout.
            unsafe { alloc::dealloc(old.cast(), layout) };
        }
    }

    #[inline(always)]
    fn place(&self, index: usize) -> *mut Place {
        self.places.get().wrapping_byte_add(index & self.mask.get())
    }

    /// Adds a fiber that is suspended at `sp` to the end. There must be room;
    /// every fiber is here at most once.
    #[inline(always)]
    pub(crate) fn push(&self, fiber: &Fiber, sp: StackPointer) {
        let end = self.end.get();
        debug_assert!(end - self.first.get() <= self.mask.get());
        // SAFETY: masked, so within the places; `make_room_for` has been
        // called for every slot that a fiber can have.
        unsafe { self.place(end).write(Place { fiber, sp }) };
        self.end.set(end + PLACE);
    }

    /// Adds the running fiber to the end. The caller switches at once, and has
    /// the switch store the stack pointer in the place returned.
    pub(crate) fn push_running(&self, fiber: &Fiber) -> *mut StackPointer {
        let place = self.place(self.end.get());
        self.push(fiber, ptr::null_mut());
        // SAFETY: a place of the ring, so the field is there.
        unsafe { &raw mut (*place).sp }
    }

    /// Takes the first one.
    pub(crate) fn pop(&self) -> Option<Place> {
        // SAFETY: not empty.
        (!self.is_empty()).then(|| unsafe { self.take() })
    }

    /// Takes the first one.
    ///
    /// # Safety
    ///
    /// It must not be empty.
    #[inline(always)]
    pub(crate) unsafe fn take(&self) -> Place {
        let first = self.first.get();
        self.first.set(first + PLACE);
        // SAFETY: not empty, so a fiber has been put there.
        unsafe { self.place(first).read() }
    }

    /// May another fiber be switched to without a visit at home?
    #[inline(always)]
    pub(crate) fn has_budget(&self) -> bool {
        self.end.get() < self.limit.get()
    }

    // ANCHOR: ready_queue
    /// Is there another fiber, and may it be switched to without a visit at
    /// home?
    #[inline(always)]
    pub(crate) fn is_open(&self) -> bool {
        !self.is_empty() && self.has_budget()
    }

    /// The short way: adds `me` to the end and takes the first one. The caller
    /// switches at once, and has the switch store where `me` is suspended.
    ///
    /// # Safety
    ///
    /// It must be [open](Self::is_open).
    #[inline(always)]
    pub(crate) unsafe fn exchange(
        &self,
        me: *const Fiber,
    ) -> (*mut StackPointer, Place) {
        let (first, end) = (self.first.get(), self.end.get());
        let mine = self.place(end);
        let later = self.place(first + AHEAD);
        let next = self.place(first);
        // SAFETY: open, so not empty, and a fiber has been put there.
        let next = unsafe { next.read() };
        // SAFETY: masked, so within the places, which were zeroed.
        fetch(unsafe { (*later).sp });
        // SAFETY: masked, so within the places; there is room for every fiber,
        // so this place is not in use.
        unsafe { (*mine).fiber = me };
        self.end.set(end + PLACE);
        self.first.set(first + PLACE);
        // SAFETY: `mine` is a place of the ring, so the field is there.
        let save = unsafe { &raw mut (*mine).sp };
        (save, next)
    }
    // ANCHOR_END: ready_queue

    /// How many more may be pushed before the short way is closed.
    pub(crate) fn set_budget(&self, budget: usize) {
        self.limit.set(match budget {
            0 => 0,
            budget => self.end.get() + budget * PLACE,
        });
    }
}

/// Has the processor fetch what a switch to that stack will need, on both sides
/// of the stack pointer: a hint, for which any address will do.
#[inline(always)]
fn fetch(sp: StackPointer) {
    #[cfg(target_arch = "x86_64")]
    for address in [sp.wrapping_sub(8), sp.wrapping_add(56)] {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: it changes nothing and never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = sp; // no such hint in stable Rust
}

impl Drop for ReadyQueue {
    fn drop(&mut self) {
        self.free();
    }
}
