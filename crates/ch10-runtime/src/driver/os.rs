//! The outside as the operating system has it: `crate::kernel` of the real
//! runtime. Here are its clock, its threads, and the event queue of chapter 4.

use crate::context::TaskId;
use crate::readiness::Direction;
use crate::registration::{Descriptor, Registrations, Slot, Socket};
use crate::socket;
use ch04_event_queue as queue;
use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The name of the queue's own waker. It is no slot's address, which are even.
const UNPARK: queue::Token = queue::Token(usize::MAX);

/// How many events one wait can bring. More of them wait for the next one.
const BATCH: usize = 1024;

/// The system's monotonic clock.
#[inline]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Does [`pick`] ever say anything but 0?
pub(crate) const PICKS: bool = false;

/// Which of `len` ready tasks is next: the first.
#[inline]
pub(crate) const fn pick(_len: usize) -> usize {
    0
}

/// A thread of the system's.
///
/// # Errors
///
/// If the system has none left.
pub(crate) fn spawn_thread(
    name: String,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name).spawn(work)
}

// ANCHOR: queue
/// Where sockets are registered, from any thread. Each socket has a share of
/// it, so one that outlives the runtime finds no freed state.
#[derive(Clone, Debug)]
pub(crate) struct Queue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    registry: queue::Registry,
    waker: queue::Waker,
    registrations: Registrations,
}

/// Where events come out, for the thread that waits.
pub(crate) struct Events {
    poll: queue::Poll,
    events: queue::Events,
    /// The same queue, whose slots the events point to.
    queue: Queue,
}
// ANCHOR_END: queue

/// A queue, and its events.
///
/// # Errors
///
/// If the system has no descriptors left.
pub(crate) fn open() -> io::Result<(Queue, Events)> {
    let poll = queue::Poll::new()?;
    let registry = poll.registry().try_clone()?;
    let waker = queue::Waker::new(&registry, UNPARK)?;
    let queue = Queue(Arc::new(Shared {
        registry,
        waker,
        registrations: Registrations::new(),
    }));
    let events = Events {
        poll,
        events: queue::Events::with_capacity(BATCH),
        queue: queue.clone(),
    };
    Ok((queue, events))
}

impl Queue {
    /// Ends the wait of the thread that waits.
    pub(crate) fn wake(&self) {
        // It fails if the queue is gone, and then nothing sleeps in it.
        let _ = self.0.waker.wake();
    }

    /// See [`Registrations::register`].
    pub(crate) fn register(
        &self,
        source: &mut impl Socket,
        ready: usize,
    ) -> io::Result<Arc<Slot>> {
        let Shared {
            registry,
            registrations,
            ..
        } = &*self.0;
        registrations.register(registry, source, ready)
    }

    /// See [`Registrations::deregister`].
    pub(crate) fn deregister(
        &self,
        source: &mut impl Socket,
        slot: &Arc<Slot>,
    ) {
        let Shared {
            registry,
            registrations,
            ..
        } = &*self.0;
        registrations.deregister(registry, source, slot);
    }

    /// The runtime is gone: whatever waits gets an error.
    pub(crate) fn close(&self) {
        self.0.registrations.close();
    }

    /// See [`Registrations::for_each_waiter`].
    pub(crate) fn for_each_waiter(
        &self,
        visit: impl FnMut(TaskId, Direction, Descriptor),
    ) {
        self.0.registrations.for_each_waiter(visit);
    }
}

// ANCHOR: events
impl Events {
    /// Waits for events, at most for `timeout`; `None` is for ever. A signal
    /// ends it early, without an event.
    ///
    /// # Errors
    ///
    /// Those of the system. Then there are no events.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        // The last batch is delivered: nothing points to these any more.
        self.queue.0.registrations.free();
        let waited = socket::wait(&mut self.poll, &mut self.events, timeout);
        if waited.is_err() {
            self.events.clear();
        }
        match waited {
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            waited => waited,
        }
    }

    /// Hands readiness to the sockets, and wakes their tasks. Returns how many
    /// events there were.
    pub(crate) fn deliver(&mut self) -> usize {
        let mut delivered = 0;
        for event in &self.events {
            if event.token() != UNPARK {
                // SAFETY: the token is a slot's: only `register` and the
                // waker put something into this queue. The wait that brought
                // the event began after the latest `free`, as `wait` does
                // nothing else.
                unsafe { self.queue.0.registrations.deliver(event) };
                delivered += 1;
            }
        }
        self.events.clear();
        delivered
    }
}
// ANCHOR_END: events

impl fmt::Debug for Events {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Events").finish_non_exhaustive()
    }
}
