//! What the events of a queue point to, kept until none of them can.
//!
//! It leaves out what a slot holds, and what an event is.

use crate::sync::{AtomicBool, Mutex, Ordering, lock};
use std::mem;
use std::sync::Arc;

// ANCHOR: slots
/// The slots of one queue.
#[derive(Debug)]
pub(crate) struct Slots<T> {
    lists: Mutex<Lists<T>>,
    /// Is anything in [`Lists::left`]? Only a hint: a turn later is in time.
    any_left: AtomicBool,
}

#[derive(Debug)]
struct Lists<T> {
    /// Those in the queue. `None`: a place to use again.
    live: Vec<Option<Arc<T>>>,
    /// The places to use again.
    free: Vec<usize>,
    /// Those that have left the queue. An event of the batch that is being
    /// delivered may point to them; one of the next batch cannot.
    left: Vec<Arc<T>>,
    /// No more are taken in.
    closed: bool,
}
// ANCHOR_END: slots

impl<T> Slots<T> {
    pub(crate) fn new() -> Self {
        Self {
            lists: Mutex::new(Lists {
                live: Vec::new(),
                free: Vec::new(),
                left: Vec::new(),
                closed: false,
            }),
            any_left: AtomicBool::new(false),
        }
    }

    /// Takes in a slot that `make` makes of its place. `None`: it is closed.
    pub(crate) fn insert(
        &self,
        make: impl FnOnce(usize) -> T,
    ) -> Option<Arc<T>> {
        let mut lists = lock(&self.lists);
        if lists.closed {
            return None;
        }
        let index = lists.free.pop().unwrap_or(lists.live.len());
        let slot = Arc::new(make(index));
        let live = Some(Arc::clone(&slot));
        match lists.live.get_mut(index) {
            Some(place) => *place = live,
            None => lists.live.push(live),
        }
        Some(slot)
    }

    // ANCHOR: remove
    /// The slot at this place has left the queue: no wait that begins now
    /// brings an event for it.
    pub(crate) fn remove(&self, index: usize) {
        let mut lists = lock(&self.lists);
        let slot = lists.live.get_mut(index).and_then(Option::take);
        if let Some(slot) = slot {
            lists.free.push(index);
            lists.left.push(slot);
            // Relaxed: whoever empties the list takes the lock.
            self.any_left.store(true, Ordering::Relaxed);
        }
    }

    /// Frees the slots that have left. To be called by the thread that waits,
    /// between the delivery of a batch and the next wait.
    pub(crate) fn free(&self) {
        // Relaxed: a slot that is missed here is freed a turn later.
        if !self.any_left.load(Ordering::Relaxed) {
            return;
        }
        let mut lists = lock(&self.lists);
        self.any_left.store(false, Ordering::Relaxed);
        let left = mem::take(&mut lists.left);
        drop(lists);
        drop(left);
    }
    // ANCHOR_END: remove

    /// Visits those in the queue, under the lock: none leaves meanwhile.
    pub(crate) fn for_each(&self, visit: impl FnMut(&T)) {
        let lists = lock(&self.lists);
        lists
            .live
            .iter()
            .flatten()
            .map(|slot| &**slot)
            .for_each(visit);
    }

    /// Takes no more in. Returns those in the queue.
    pub(crate) fn close(&self) -> Vec<Arc<T>> {
        let mut lists = lock(&self.lists);
        lists.closed = true;
        lists.live.iter().flatten().cloned().collect()
    }
}
