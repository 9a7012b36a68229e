//! One socket's readiness, as the runtime knows it, and whom it wakes.
//!
//! The driver adds to it, the tasks use it up. It leaves out where it is kept,
//! which is `registration.rs`, and what has become ready.

use crate::panics::wake_quietly;
use crate::sync::{AtomicUsize, Mutex, Ordering, lock};
use std::task::{Poll, Waker};

// ANCHOR: bits
/// Reading, or accepting, is worth a try. Set by the driver, and for a socket
/// that may be tried before any event; cleared by a task that found nothing.
pub(crate) const READABLE: usize = 1;
/// Writing is worth a try. Set and cleared like [`READABLE`].
pub(crate) const WRITABLE: usize = 1 << 1;
/// The peer sends no more. Set by the driver and never cleared: there is an
/// end to be read for ever.
pub(crate) const READ_CLOSED: usize = 1 << 2;
/// The peer takes no more. Set by the driver and never cleared.
pub(crate) const WRITE_CLOSED: usize = 1 << 3;
/// The runtime is gone. Set once, when it ends: no event will come.
pub(crate) const GONE: usize = 1 << 4;
/// From here on, the word is the tick: the number of the latest event.
const TICK: usize = 1 << 5;
// ANCHOR_END: bits

/// What a task wants to do with a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To read, or to accept.
    Read,
    /// To write, or to be connected.
    Write,
}

impl Direction {
    /// The bit that a task clears.
    fn own(self) -> usize {
        match self {
            Self::Read => READABLE,
            Self::Write => WRITABLE,
        }
    }

    /// The bits with which an attempt does not have to wait.
    fn any(self) -> usize {
        GONE | match self {
            Self::Read => READABLE | READ_CLOSED,
            Self::Write => WRITABLE | WRITE_CLOSED,
        }
    }
}

// ANCHOR: readiness
/// One atomic word, and a waker for each direction.
#[derive(Debug)]
pub(crate) struct Readiness<T> {
    word: AtomicUsize,
    waiting: Mutex<Waiting<T>>,
}

#[derive(Debug)]
struct Waiting<T> {
    read: Option<Waiter<T>>,
    write: Option<Waiter<T>>,
    /// How many wakers were stored so far.
    stored: u32,
}

/// The waker of the latest poll that had to wait.
#[derive(Debug)]
struct Waiter<T> {
    waker: Waker,
    /// The task that polled, for `dump`.
    task: T,
    number: u32,
}

/// The word when a task looked at it: what it may clear later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen(usize);

/// Which waker was stored: what a future that is dropped takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored(u32);
// ANCHOR_END: readiness

impl Seen {
    /// `None` if there is nothing to try.
    #[inline]
    fn of(word: usize, direction: Direction) -> Option<Self> {
        (word & direction.any() != 0).then_some(Self(word))
    }

    /// Is there still a runtime that could report events?
    #[inline]
    pub(crate) fn is_gone(self) -> bool {
        self.0 & GONE != 0
    }
}

impl<T> Readiness<T> {
    /// Nothing waits; `ready` may be tried at once.
    pub(crate) fn new(ready: usize) -> Self {
        Self {
            word: AtomicUsize::new(ready),
            waiting: Mutex::new(Waiting {
                read: None,
                write: None,
                stored: 0,
            }),
        }
    }
}

/// The side of the tasks.
impl<T: Copy> Readiness<T> {
    // ANCHOR: ready
    /// Is an attempt worth it?
    #[inline]
    pub(crate) fn ready(&self, direction: Direction) -> Option<Seen> {
        // Acquire, with the Release of `add`: the attempt comes after what
        // the driver has seen, and the tick is older than the attempt.
        Seen::of(self.word.load(Ordering::Acquire), direction)
    }
    // ANCHOR_END: ready

    /// Is an attempt worth it? If not, `waker` is called when it is, and no
    /// earlier waker of that direction. `stored` says afterwards whether it
    /// was left.
    #[inline]
    pub(crate) fn poll_ready(
        &self,
        direction: Direction,
        waker: &Waker,
        task: impl FnOnce() -> T,
        stored: &mut Option<Stored>,
    ) -> Poll<Seen> {
        *stored = None;
        match self.ready(direction) {
            Some(seen) => Poll::Ready(seen),
            None => self.wait(direction, waker, task(), stored),
        }
    }

    // ANCHOR: wait
    fn wait(
        &self,
        direction: Direction,
        waker: &Waker,
        task: T,
        stored: &mut Option<Stored>,
    ) -> Poll<Seen> {
        let waker = waker.clone(); // others' code: nothing is locked
        let mut waiting = lock(&self.waiting);
        // An event that came before the lock has found no waker: look again.
        // Acquire, with the Release of `add`.
        let word = self.word.load(Ordering::Acquire);
        if let Some(seen) = Seen::of(word, direction) {
            drop(waiting); // before the clone: its drop is others' code
            return Poll::Ready(seen);
        }
        let number = waiting.stored.wrapping_add(1);
        waiting.stored = number;
        *stored = Some(Stored(number));
        let waiter = Waiter {
            waker,
            task,
            number,
        };
        let old = waiting.of(direction).replace(waiter);
        drop(waiting);
        drop(old); // a waker's drop is others' code, too
        Poll::Pending
    }
    // ANCHOR_END: wait

    // ANCHOR: clear
    /// The attempt that followed `seen` has found that there is nothing more.
    /// An event that has come since then stays.
    #[inline]
    pub(crate) fn clear(&self, direction: Direction, seen: Seen) {
        // Relaxed: this publishes nothing but the word itself.
        let order = Ordering::Relaxed;
        let mut word = seen.0;
        loop {
            let less = word & !direction.own();
            match self.word.compare_exchange(word, less, order, order) {
                Ok(_) => return,
                Err(now) if now / TICK != seen.0 / TICK => return,
                Err(now) => word = now, // another task cleared a bit
            }
        }
    }
    // ANCHOR_END: clear

    // ANCHOR: forget
    /// The future that left this waker is dropped.
    pub(crate) fn forget(&self, direction: Direction, stored: Stored) {
        let mut waiting = lock(&self.waiting);
        let waiter = waiting.of(direction);
        let old = match waiter {
            Some(waiter) if waiter.number != stored.0 => None,
            _ => waiter.take(),
        };
        drop(waiting);
        drop(old);
    }
    // ANCHOR_END: forget

    /// Nothing will wait here any more: the socket is dropped.
    pub(crate) fn forget_all(&self) {
        let mut waiting = lock(&self.waiting);
        let old = (waiting.read.take(), waiting.write.take());
        drop(waiting);
        drop(old);
    }
}

impl<T: Copy> Waiting<T> {
    fn of(&mut self, direction: Direction) -> &mut Option<Waiter<T>> {
        match direction {
            Direction::Read => &mut self.read,
            Direction::Write => &mut self.write,
        }
    }
}

/// The side of the driver.
impl<T: Copy> Readiness<T> {
    // ANCHOR: add
    /// This has become ready: says so, and wakes the tasks that wait for it.
    pub(crate) fn add(&self, ready: usize) {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let more = (word | ready).wrapping_add(TICK);
            // Release: pairs with every look. On failure it only tries again.
            let (done, failed) = (Ordering::Release, Ordering::Relaxed);
            match self.word.compare_exchange(word, more, done, failed) {
                Ok(_) => break, // first the news,
                Err(now) => word = now,
            }
        }
        let news = |for_whom: Direction| ready & for_whom.any() != 0;
        let mut waiting = lock(&self.waiting);
        let reader = waiting.read.take_if(|_| news(Direction::Read));
        let writer = waiting.write.take_if(|_| news(Direction::Write));
        drop(waiting);
        // then the wakes, with nothing locked.
        if let Some(reader) = reader {
            wake_quietly(reader.waker);
        }
        if let Some(writer) = writer {
            wake_quietly(writer.waker);
        }
    }
    // ANCHOR_END: add

    /// Who waits, and for which direction.
    pub(crate) fn for_each_waiter(&self, mut visit: impl FnMut(T, Direction)) {
        let mut waiting = lock(&self.waiting);
        for direction in [Direction::Read, Direction::Write] {
            if let Some(waiter) = waiting.of(direction) {
                visit(waiter.task, direction);
            }
        }
    }
}
