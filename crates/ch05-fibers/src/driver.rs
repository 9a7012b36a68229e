//! Which fiber waits for which socket: the event queue of chapter 4, seen from
//! fibers.
//!
//! A socket is registered once, for both directions, and its events are edges.
//! A fiber always tries first and waits only when that would block, so an edge
//! that arrives while no fiber waits can be ignored: the next try will find out.

use crate::fiber::Fiber;
use ch04_event_queue::event::Source;
use ch04_event_queue::{Events, Interest, Poll, Token};
use std::cell::{Cell, RefCell};
use std::io;
use std::ptr;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

/// Events that are fetched at a time.
const EVENTS: usize = 1024;

/// What a fiber waits for at a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Direction {
    Read,
    Write,
}

// ANCHOR: waiters
/// The fibers that wait for one socket.
#[derive(Debug)]
pub(crate) struct Waiters {
    token: Token,
    /// Two lists, linked by the fibers' `next_waiter`.
    readers: Cell<*const Fiber>,
    writers: Cell<*const Fiber>,
}
// ANCHOR_END: waiters

impl Waiters {
    fn list(&self, direction: Direction) -> &Cell<*const Fiber> {
        match direction {
            Direction::Read => &self.readers,
            Direction::Write => &self.writers,
        }
    }

    /// Adds a fiber. It must [`remove`](Self::remove) itself before it ends.
    pub(crate) fn add(&self, direction: Direction, fiber: &Fiber) {
        let list = self.list(direction);
        fiber.next_waiter.set(list.replace(fiber));
    }

    /// Removes a fiber, if it is still there.
    pub(crate) fn remove(&self, direction: Direction, fiber: &Fiber) {
        let mut link = self.list(direction);
        // SAFETY: null, or a fiber in the list: it waits, or is about to
        // remove itself, so it has not ended.
        while let Some(other) = unsafe { link.get().as_ref() } {
            if ptr::eq(other, fiber) {
                link.set(other.next_waiter.get());
                return;
            }
            link = &other.next_waiter;
        }
    }

    /// Empties a list, and calls `wake` for each that was in it.
    fn wake(&self, direction: Direction, wake: impl Fn(&Fiber)) {
        let mut next = self.list(direction).replace(ptr::null());
        // SAFETY: null, or a fiber in the list: it waits, so it has not ended.
        while let Some(fiber) = unsafe { next.as_ref() } {
            next = fiber.next_waiter.get();
            wake(fiber);
        }
    }
}

/// The queue, made when the first socket comes, and the sockets in it.
#[derive(Default)]
pub(crate) struct Driver {
    queue: RefCell<Option<(Poll, Events)>>,
    sockets: RefCell<Vec<Option<Rc<Waiters>>>>,
    unused: RefCell<Vec<usize>>,
    /// How many fibers wait for sockets.
    waiting: Cell<usize>,
}

impl Driver {
    /// Registers a socket.
    ///
    /// # Errors
    ///
    /// Too many open files, if this is the first socket and there is no queue
    /// yet; too little memory, or too many sockets, if the queue takes no more.
    pub(crate) fn register(
        &self,
        socket: &mut impl Source,
    ) -> io::Result<Rc<Waiters>> {
        let mut queue = self.queue.borrow_mut();
        if queue.is_none() {
            *queue = Some((Poll::new()?, Events::with_capacity(EVENTS)));
        }
        let (poll, _) = queue.as_ref().expect("made if there was none");
        let mut sockets = self.sockets.borrow_mut();
        let index = self.unused.borrow().last().copied();
        let index = index.unwrap_or(sockets.len());
        let token = Token(index);
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(socket, token, both)?;
        let waiters = Rc::new(Waiters {
            token,
            readers: Cell::new(ptr::null()),
            writers: Cell::new(ptr::null()),
        });
        let entry = Some(Rc::clone(&waiters));
        if self.unused.borrow_mut().pop().is_some() {
            sockets[index] = entry;
        } else {
            sockets.push(entry);
        }
        Ok(waiters)
    }

    /// Forgets a socket, which is about to be dropped. (It leaves the queue by
    /// itself.)
    pub(crate) fn forget(&self, waiters: &Waiters) {
        let index = waiters.token.0;
        self.sockets.borrow_mut()[index] = None;
        self.unused.borrow_mut().push(index);
    }

    /// Does any fiber wait for a socket?
    pub(crate) fn is_waited_for(&self) -> bool {
        self.waiting.get() > 0
    }

    /// While the guard lives, a fiber waits.
    pub(crate) fn waiting(&self) -> impl Drop {
        struct One<'d>(&'d Cell<usize>);
        impl Drop for One<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() - 1);
            }
        }
        self.waiting.set(self.waiting.get() + 1);
        One(&self.waiting)
    }

    // ANCHOR: driver_poll
    /// Waits for events, at most for `timeout`, and calls `wake` for each fiber
    /// that one of them concerns.
    pub(crate) fn poll(
        &self,
        timeout: Option<Duration>,
        wake: impl Fn(&Fiber),
    ) -> io::Result<()> {
        let mut queue = self.queue.borrow_mut();
        let Some((poll, events)) = queue.as_mut().filter(|_| {
            // No fiber could be woken.
            self.is_waited_for()
        }) else {
            if let Some(time) = timeout.filter(|time| !time.is_zero()) {
                thread::sleep(time);
            }
            return Ok(());
        };
        match poll.poll(events, timeout) {
            // A signal was handled. Our caller looks again.
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        let sockets = self.sockets.borrow();
        for event in &*events {
            let Some(Some(waiters)) = sockets.get(event.token().0) else {
                continue;
            };
            let over = event.is_error();
            if event.is_readable() || event.is_read_closed() || over {
                waiters.wake(Direction::Read, &wake);
            }
            if event.is_writable() || event.is_write_closed() || over {
                waiters.wake(Direction::Write, &wake);
            }
        }
        Ok(())
    }
    // ANCHOR_END: driver_poll
}
