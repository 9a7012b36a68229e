//! The sockets that a queue reports on, and how one leaves it while an event
//! for it may be on its way.

use crate::context::TaskId;
use crate::readiness::{self, Direction, Readiness, Seen, Stored};
use crate::slots::Slots;
use crate::socket::event::{Event, Source};
use crate::socket::{self, Interest, Registry, Token};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

/// By which number the system knows a socket. It is that of an open one as
/// long as its slot is among the live ones and something waits there.
#[cfg(unix)]
pub(crate) type Descriptor = std::os::fd::RawFd;
#[cfg(not(unix))]
pub(crate) type Descriptor = ();

/// A source whose number is known.
#[cfg(unix)]
pub(crate) trait Socket: Source + std::os::fd::AsRawFd {
    /// Its number.
    fn descriptor(&self) -> Descriptor {
        self.as_raw_fd()
    }
}
#[cfg(unix)]
impl<S: Source + std::os::fd::AsRawFd> Socket for S {}

/// A source. What its number is, only Unix says here.
#[cfg(not(unix))]
pub(crate) trait Socket: Source {
    /// Nothing.
    fn descriptor(&self) -> Descriptor {}
}
#[cfg(not(unix))]
impl<S: Source> Socket for S {}

// ANCHOR: slot
/// What the queue's token of a socket points to.
#[derive(Debug)]
pub(crate) struct Slot {
    readiness: Readiness<Option<TaskId>>,
    /// Which socket, for a dump.
    descriptor: Descriptor,
    /// Its place among the [`Slots`].
    index: usize,
}

/// All sockets that are registered in one queue.
#[derive(Debug)]
pub(crate) struct Registrations(Slots<Slot>);
// ANCHOR_END: slot

impl Registrations {
    pub(crate) fn new() -> Self {
        Self(Slots::new())
    }

    /// Puts `source` into the queue for both directions, and says `ready` of
    /// it until the first attempt.
    ///
    /// # Errors
    ///
    /// If the runtime is gone, and those of [`Registry::register`].
    // ANCHOR: register
    pub(crate) fn register(
        &self,
        registry: &Registry,
        source: &mut impl Socket,
        ready: usize,
    ) -> io::Result<Arc<Slot>> {
        let readiness = Readiness::new(ready);
        let descriptor = source.descriptor();
        let slot = self.0.insert(|index| Slot {
            readiness,
            descriptor,
            index,
        });
        let slot = slot.ok_or_else(gone)?;
        let token = Token(Arc::as_ptr(&slot).expose_provenance());
        let both = Interest::READABLE | Interest::WRITABLE;
        let done = socket::register(registry, source, token, both);
        if let Err(error) = done {
            self.0.remove(slot.index); // the queue has never had it
            return Err(error);
        }
        Ok(slot)
    }
    // ANCHOR_END: register

    // ANCHOR: deregister
    /// Takes `source` out of the queue. What waits for it is forgotten.
    pub(crate) fn deregister(
        &self,
        registry: &Registry,
        source: &mut impl Socket,
        slot: &Arc<Slot>,
    ) {
        slot.readiness.forget_all();
        // On an error it may be in the queue still, by a duplicate of its
        // descriptor. Then the slot stays for good: an event may point to it.
        if socket::deregister(registry, source).is_ok() {
            self.0.remove(slot.index);
        }
    }

    /// See [`Slots::free`].
    pub(crate) fn free(&self) {
        self.0.free();
    }
    // ANCHOR_END: deregister

    // ANCHOR: deliver
    /// Hands one event to its slot.
    ///
    /// # Safety
    ///
    /// `event` comes from the queue of these registrations, from a wait that
    /// began after the latest call of [`free`](Self::free), and its token is
    /// that of a slot.
    #[inline]
    pub(crate) unsafe fn deliver(&self, event: &Event) {
        let slot = std::ptr::with_exposed_provenance(event.token().0);
        // SAFETY: `register` has put the slot's address there. The queue
        // reports a source until it is deregistered, so the slot was live, or
        // has left since the wait began. Both lists of `Slots` own it, and `free` has
        // not been called since, as the caller promises.
        let slot: &Slot = unsafe { &*slot };
        slot.readiness.add(bits(event));
    }
    // ANCHOR_END: deliver

    /// The runtime is gone: whatever waits gets an error.
    pub(crate) fn close(&self) {
        for slot in self.0.close() {
            slot.readiness.add(readiness::GONE);
        }
    }

    /// Who waits for a socket, and in which direction. All under the lock, so
    /// that no socket is closed meanwhile: `visit` must not wake or drop
    /// anything.
    pub(crate) fn for_each_waiter(
        &self,
        mut visit: impl FnMut(TaskId, Direction, Descriptor),
    ) {
        self.0.for_each(|slot| {
            slot.readiness.for_each_waiter(|task, direction| {
                if let Some(task) = task {
                    visit(task, direction, slot.descriptor);
                }
            });
        });
    }
}

// ANCHOR: event_bits
/// What an event says, in the bits of the word.
#[inline]
fn bits(event: &Event) -> usize {
    let bit = |said: bool, bit: usize| usize::from(said) * bit;
    // An error is for whoever comes next, in either direction.
    let error = event.is_error();
    bit(event.is_readable() || error, readiness::READABLE)
        | bit(event.is_writable() || error, readiness::WRITABLE)
        | bit(event.is_read_closed(), readiness::READ_CLOSED)
        | bit(event.is_write_closed(), readiness::WRITE_CLOSED)
}
// ANCHOR_END: event_bits

impl Slot {
    /// Is an attempt worth it? If not, the task of `cx` is woken when it is.
    ///
    /// # Errors
    ///
    /// If the runtime is gone.
    #[inline]
    pub(crate) fn poll_ready(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        stored: &mut Option<Stored>,
    ) -> Poll<io::Result<Seen>> {
        let (waker, task) = (cx.waker(), crate::context::current_task);
        self.readiness
            .poll_ready(direction, waker, task, stored)
            .map(alive)
    }

    /// See [`Readiness::clear`].
    #[inline]
    pub(crate) fn clear(&self, direction: Direction, seen: Seen) {
        self.readiness.clear(direction, seen);
    }

    /// See [`Readiness::forget`].
    pub(crate) fn forget(&self, direction: Direction, stored: Stored) {
        self.readiness.forget(direction, stored);
    }
}

#[inline]
fn alive(seen: Seen) -> io::Result<Seen> {
    match seen.is_gone() {
        false => Ok(seen),
        true => Err(gone()),
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the runtime is gone")
}
