//! The wheel: deadlines in six circles of 64 lists, so that setting one and
//! taking it back cost the same however many there are.
//!
//! A deadline is a tick, a whole number. The list that it is put into follows
//! from the first digit, to the base of 64, in which it differs from the
//! present tick. The links are in the entries, which are in the futures: the
//! wheel allocates nothing. Whoever uses it says what a tick is.

use std::cell::Cell;
use std::fmt;
use std::ptr::{self, NonNull};

/// How many circles there are.
const LEVELS: usize = 6;
/// How many bits of a tick one circle counts.
const BITS: usize = 6;
/// How many lists a circle has: a bit of `occupied` for each.
const SLOTS: usize = 1 << BITS;

/// The list of the ticks that differ before the first digit of all circles.
const FAR: usize = LEVELS * SLOTS;
/// The list of those that are over, in order.
const OVER: usize = FAR + 1;
const LISTS: usize = OVER + 1;
/// Not in a list.
const NOWHERE: usize = LISTS;

// ANCHOR: entry
/// A deadline that is set, or was, or will be; with what to do then.
pub(crate) struct Entry<T> {
    before: Cell<*const Entry<T>>,
    after: Cell<*const Entry<T>>,
    tick: Cell<u64>,
    /// The list that it is in.
    list: Cell<u16>,
    value: Cell<Option<T>>,
}

/// Entries in a row, linked in both directions.
struct List<T> {
    first: *const Entry<T>,
    last: *const Entry<T>,
}

/// All entries that are set.
pub(crate) struct Wheel<T> {
    lists: Box<[List<T>]>,
    /// Which lists of each circle have entries.
    occupied: [u64; LEVELS],
    /// The present tick.
    now: u64,
    len: usize,
}
// ANCHOR_END: entry

impl<T> Entry<T> {
    /// One that is not set.
    pub(crate) fn new() -> Self {
        Self {
            before: Cell::new(ptr::null()),
            after: Cell::new(ptr::null()),
            tick: Cell::new(0),
            list: Cell::new(NOWHERE as u16),
            value: Cell::new(None),
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        usize::from(self.list.get()) != NOWHERE
    }

    pub(crate) fn tick(&self) -> u64 {
        self.tick.get()
    }

    /// What was left here.
    pub(crate) fn value(&self) -> &Cell<Option<T>> {
        &self.value
    }
}

/// An entry of a list.
///
/// # Safety
///
/// `entry` is null, or in a list of the wheel that the caller has.
unsafe fn get<'a, T>(entry: *const Entry<T>) -> Option<&'a Entry<T>> {
    // SAFETY: whoever put it there keeps it there, by the contract of `insert`.
    unsafe { entry.as_ref() }
}

// SAFETY: the pointers are to entries that stay where they are; which thread
// looks at them makes no difference as long as the values can go there.
unsafe impl<T: Send> Send for Wheel<T> {}

// ANCHOR: place
/// Where a tick belongs, seen from the present one.
fn place(now: u64, tick: u64) -> usize {
    if tick <= now {
        return OVER;
    }
    // The first bit that differs says which digit that is.
    let bit = 63 - (now ^ tick).leading_zeros() as usize;
    let level = bit / BITS;
    if level >= LEVELS {
        return FAR;
    }
    let digit = (tick >> (level * BITS)) as usize % SLOTS;
    level * SLOTS + digit
}
// ANCHOR_END: place

impl<T> Wheel<T> {
    /// An empty one, at tick 0.
    pub(crate) fn new() -> Self {
        let empty = || List {
            first: ptr::null(),
            last: ptr::null(),
        };
        Self {
            lists: (0..LISTS).map(|_| empty()).collect(),
            occupied: [0; LEVELS],
            now: 0,
            len: 0,
        }
    }

    /// The present tick: the last one that [`advance`](Self::advance) was told.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Sets an entry for a tick.
    ///
    /// # Safety
    ///
    /// The entry is not set. It stays where it is, and nothing but this wheel
    /// touches it, until it is [removed](Self::remove) or [popped](Self::pop).
    // ANCHOR: insert
    pub(crate) unsafe fn insert(
        &mut self,
        entry: NonNull<Entry<T>>,
        tick: u64,
    ) {
        // SAFETY: it is the caller's, and there.
        let entry = unsafe { entry.as_ref() };
        entry.tick.set(tick);
        self.append(entry);
        self.len += 1;
    }

    /// To the end of the list where it belongs: what was set first for a tick
    /// is over first.
    fn append(&mut self, entry: &Entry<T>) {
        let place = place(self.now, entry.tick.get());
        let list = &mut self.lists[place];
        entry.list.set(place as u16);
        entry.after.set(ptr::null());
        entry.before.set(list.last);
        // SAFETY: it is in this list.
        match unsafe { get(list.last) } {
            Some(last) => last.after.set(entry),
            None => list.first = entry,
        }
        list.last = entry;
        if place < FAR {
            self.occupied[place / SLOTS] |= 1 << (place % SLOTS);
        }
    }
    // ANCHOR_END: insert

    /// Takes an entry back, if it is set.
    ///
    /// # Safety
    ///
    /// If it is set, then in this wheel.
    // ANCHOR: remove
    pub(crate) unsafe fn remove(&mut self, entry: &Entry<T>) {
        if !entry.is_set() {
            return;
        }
        let place = usize::from(entry.list.replace(NOWHERE as u16));
        let list = &mut self.lists[place];
        let (before, after) = (entry.before.get(), entry.after.get());
        // SAFETY: a neighbour is in the same list.
        match unsafe { get(before) } {
            Some(before) => before.after.set(after),
            None => list.first = after,
        }
        // SAFETY: as above.
        match unsafe { get(after) } {
            Some(after) => after.before.set(before),
            None => list.last = before,
        }
        if list.first.is_null() && place < FAR {
            self.occupied[place / SLOTS] &= !(1 << (place % SLOTS));
        }
        self.len -= 1;
    }
    // ANCHOR_END: remove

    // ANCHOR: next
    /// The tick until which nothing has to be done. No entry is over earlier;
    /// one of a high circle may be over later.
    pub(crate) fn next(&self) -> Option<u64> {
        match self.lists[OVER].first.is_null() {
            true => self.next_list(),
            false => Some(self.now),
        }
    }

    /// Where the next list begins that has entries.
    fn next_list(&self) -> Option<u64> {
        for (level, occupied) in self.occupied.iter().enumerate() {
            if *occupied != 0 {
                // The digits before this one are those of the present.
                let digit = u64::from(occupied.trailing_zeros());
                let shift = level * BITS;
                let before = self.now >> (shift + BITS) << (shift + BITS);
                return Some(before | digit << shift);
            }
        }
        let far = !self.lists[FAR].first.is_null();
        let last = self.now | ((1 << (LEVELS * BITS)) - 1);
        far.then(|| last.saturating_add(1))
    }
    // ANCHOR_END: next

    // ANCHOR: advance
    /// It is that tick now, or later: entries up to it can be popped.
    pub(crate) fn advance(&mut self, now: u64) {
        while let Some(next) = self.next_list().filter(|next| *next <= now) {
            let list = place(self.now, next);
            self.now = next;
            self.spread(list);
        }
        self.now = self.now.max(now);
    }

    /// Puts the entries of a list where they belong now: into lower circles, or
    /// to those that are over.
    fn spread(&mut self, place: usize) {
        let list = &mut self.lists[place];
        let mut next = list.first;
        (list.first, list.last) = (ptr::null(), ptr::null());
        if place < FAR {
            self.occupied[place / SLOTS] &= !(1 << (place % SLOTS));
        }
        // SAFETY: it was in that list, and is nowhere else.
        while let Some(entry) = unsafe { get(next) } {
            next = entry.after.get();
            self.append(entry);
        }
    }
    // ANCHOR_END: advance

    /// Takes the first entry that is over, by tick, and among equals by when
    /// they were set. It is there until the lock that guards this wheel is
    /// released.
    pub(crate) fn pop(&mut self) -> Option<&Entry<T>> {
        // SAFETY: it is in that list.
        let entry = unsafe { get(self.lists[OVER].first) }?;
        // SAFETY: it is set, in this wheel.
        unsafe { self.remove(entry) };
        Some(entry)
    }

    /// Takes any entry.
    pub(crate) fn pop_any(&mut self) -> Option<&Entry<T>> {
        let list = self.lists.iter().find(|list| !list.first.is_null())?;
        // SAFETY: it is in that list.
        let entry = unsafe { get(list.first) }?;
        // SAFETY: it is set, in this wheel.
        unsafe { self.remove(entry) };
        Some(entry)
    }

    /// Looks at all entries.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&Entry<T>)) {
        for list in &self.lists {
            let mut next = list.first;
            // SAFETY: it is in that list.
            while let Some(entry) = unsafe { get(next) } {
                next = entry.after.get();
                visit(entry);
            }
        }
    }
}

impl<T> fmt::Debug for Wheel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wheel")
            .field("now", &self.now)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Entry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("tick", &self.tick.get())
            .field("set", &self.is_set())
            .finish_non_exhaustive()
    }
}
