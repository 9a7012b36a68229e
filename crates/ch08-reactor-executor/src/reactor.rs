//! The reactor: it sleeps in the event queue of chapter 4, and wakes the tasks
//! that wait for what has happened.
//!
//! It leaves out timers. A source has two slots, one for each direction, so
//! that one task can read from a socket while another one writes to it.

use crate::future::Waker;
use crate::run_queue::Unpark;
use crate::slot::{Closed, Slot};
use crate::sync::{Mutex, lock};
use ch04_event_queue::event::{Event, Events, Source};
use ch04_event_queue::{self as queue, Interest, Poll, Registry, Token};
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

// ANCHOR: reactor
/// Owns the queue. It works when [`wait`](Self::wait) and
/// [`deliver`](Self::deliver) are called, on whatever thread.
#[derive(Debug)]
pub struct Reactor {
    poll: Poll,
    events: Events,
    handle: Handle,
}

/// The tasks' handle to the reactor, on any thread.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    registry: Registry,
    sources: Mutex<Sources>,
    /// Ends the sleep of the reactor, or the next one.
    rouse: queue::Waker,
    /// How often its `wait` has returned.
    wake_ups: AtomicU64,
}

// ANCHOR_END: reactor

// ANCHOR: sources
#[derive(Debug, Default)]
struct Sources {
    slots: HashMap<Token, Arc<Slots>>,
    /// The last token given. None is given twice: an old event finds nothing.
    last: usize,
    /// The reactor is gone.
    closed: bool,
}

/// Whom a source wakes: one task for each direction.
#[derive(Debug)]
struct Slots {
    read: Slot,
    write: Slot,
}
// ANCHOR_END: sources

/// The name of the reactor's own waker.
const ROUSE: Token = Token(0);

impl Reactor {
    /// One without sources.
    ///
    /// # Errors
    ///
    /// If the system has no descriptors left.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let handle = Handle(Arc::new(Shared {
            registry: poll.registry().try_clone()?,
            sources: Mutex::default(),
            rouse: queue::Waker::new(poll.registry(), ROUSE)?,
            wake_ups: AtomicU64::new(0),
        }));
        let events = Events::with_capacity(1024);
        Ok(Self {
            poll,
            events,
            handle,
        })
    }

    /// What tasks need.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Sleeps until something happens, at most for `timeout`. It wakes no
    /// task: that is [`deliver`](Self::deliver)'s part.
    ///
    /// # Errors
    ///
    /// Those of [`Poll::poll`], except that a signal lets it
    /// begin the sleep anew.
    // ANCHOR: wait
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        loop {
            match self.poll.poll(&mut self.events, timeout) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                done => {
                    // Relaxed: a number to look at, and nothing else.
                    let counter = &self.handle.0.wake_ups;
                    counter.fetch_add(1, Ordering::Relaxed);
                    return done;
                }
            }
        }
    }
    // ANCHOR_END: wait

    /// Wakes the tasks that wait for what the last [`wait`](Self::wait) has
    /// found.
    // ANCHOR: deliver
    pub fn deliver(&mut self) {
        for event in &self.events {
            let slots = lock(&self.handle.0.sources)
                .slots
                .get(&event.token())
                .cloned();
            if let Some(slots) = slots {
                slots.tell(event); // with nothing locked
            }
        }
        self.events.clear();
    }
    // ANCHOR_END: deliver
}

// ANCHOR: tell
impl Slots {
    fn tell(&self, event: &Event) {
        // An error is for whoever comes next, in either direction.
        let error = event.is_error();
        if event.is_readable() || event.is_read_closed() || error {
            self.read.set_ready();
        }
        if event.is_writable() || event.is_write_closed() || error {
            self.write.set_ready();
        }
    }
}
// ANCHOR_END: tell

// ANCHOR: gone
/// Whatever still waits gets an error, and does not wait for ever.
impl Drop for Reactor {
    fn drop(&mut self) {
        let mut sources = lock(&self.handle.0.sources);
        sources.closed = true;
        let slots = mem::take(&mut sources.slots);
        drop(sources);
        for slots in slots.into_values() {
            slots.read.close();
            slots.write.close();
        }
    }
}
// ANCHOR_END: gone

// ANCHOR: registration
/// A source in the queue. Dropped, it is forgotten.
#[derive(Debug)]
pub struct Registration {
    token: Token,
    slots: Arc<Slots>,
    handle: Handle,
}
// ANCHOR_END: registration

impl Handle {
    /// Puts a source into the queue, for both directions. From now on, each
    /// change of its readiness gives an event.
    ///
    /// # Errors
    ///
    /// If the reactor is gone, and those of [`Registry::register`].
    // ANCHOR: register
    pub fn register(
        &self,
        source: &mut impl Source,
    ) -> io::Result<Registration> {
        let registration = self.reserve()?;
        let (registry, token) = (&self.0.registry, registration.token);
        crate::s1_sleep::watch(
            registry,
            source,
            token,
            Interest::READABLE | Interest::WRITABLE,
        )?;
        Ok(registration)
    }

    /// A new name, and slots for it.
    fn reserve(&self) -> io::Result<Registration> {
        let slots = Arc::new(Slots {
            read: Slot::new(),
            write: Slot::new(),
        });
        let mut sources = lock(&self.0.sources);
        if sources.closed {
            return Err(Closed.into());
        }
        sources.last += 1;
        let token = Token(sources.last);
        sources.slots.insert(token, Arc::clone(&slots));
        let handle = self.clone();
        Ok(Registration {
            token,
            slots,
            handle,
        })
    }
    // ANCHOR_END: register
}

// ANCHOR: forget
impl Drop for Registration {
    fn drop(&mut self) {
        self.slots.read.forget();
        self.slots.write.forget();
        let mut sources = lock(&self.handle.0.sources);
        let forgotten = sources.slots.remove(&self.token);
        drop(sources);
        drop(forgotten);
    }
}
// ANCHOR_END: forget

/// What a task wants to do with a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To read, or to accept.
    Read,
    /// To write, or to be connected.
    Write,
}

impl Registration {
    /// Has the source become ready since the last call that said so? If not,
    /// `waker` is called when it does, and no earlier waker of that direction.
    ///
    /// # Errors
    ///
    /// If it would have to wait and the reactor is gone.
    pub fn poll_ready(
        &self,
        direction: Direction,
        waker: &Waker,
    ) -> io::Result<bool> {
        let slot = match direction {
            Direction::Read => &self.slots.read,
            Direction::Write => &self.slots.write,
        };
        Ok(slot.poll_ready(waker)?)
    }

    /// Takes the source out of the queue of this registration.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::deregister`].
    pub fn deregister(&self, source: &mut impl Source) -> io::Result<()> {
        self.handle.0.registry.deregister(source)
    }
}

impl Handle {
    /// How many sources are registered.
    #[must_use]
    pub fn sources(&self) -> usize {
        lock(&self.0.sources).slots.len()
    }

    /// How often the reactor's [`wait`](Reactor::wait) has returned.
    #[must_use]
    pub fn wake_ups(&self) -> u64 {
        // Relaxed: a number to look at, and nothing else.
        self.0.wake_ups.load(Ordering::Relaxed)
    }
}

impl Unpark for Handle {
    fn unpark(&self) {
        // It fails if the queue is gone, and then nothing sleeps in it.
        let _ = self.0.rouse.wake();
    }
}

impl From<Closed> for io::Error {
    fn from(_: Closed) -> Self {
        Self::new(ErrorKind::BrokenPipe, "the reactor is gone")
    }
}
