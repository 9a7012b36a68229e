//! The driver: the one seam between the executor and the outside.
//!
//! Time, readiness and threads are reached through it, and it reaches them
//! through `crate::kernel`, which is `driver/os.rs` here. The simulation in
//! `sim.rs` compiles the same executor with another `kernel`: its clock is a
//! number, and its order of ready tasks comes from a seed. Its sockets are on a
//! network in memory, by another `socket`.

mod token;

use crate::kernel;
use crate::time::Timers;
use std::fmt;
use std::io;
use std::sync::{Mutex, TryLockError};
use std::time::{Duration, Instant};
use token::Token;

// ANCHOR: driver
/// What happens outside tasks: sockets become ready, deadlines pass, other
/// threads wake a task.
pub(crate) struct Driver {
    /// Where sockets are registered; any thread uses it.
    queue: kernel::Queue,
    /// Where events come out; held by the thread whose turn it is.
    events: Mutex<kernel::Events>,
    timers: Timers,
    /// Does that thread sleep, and should it?
    token: Token,
}
// ANCHOR_END: driver

impl Driver {
    /// # Errors
    ///
    /// If the system has no descriptors left.
    pub(crate) fn new() -> io::Result<Self> {
        let (queue, events) = kernel::open()?;
        Ok(Self {
            queue,
            events: Mutex::new(events),
            timers: Timers::new(kernel::now()),
            token: Token::new(),
        })
    }

    /// The time: the system's, or that of the simulation.
    pub(crate) fn now(&self) -> Instant {
        kernel::now()
    }

    pub(crate) fn timers(&self) -> &Timers {
        &self.timers
    }

    /// Where sockets are registered.
    pub(crate) fn queue(&self) -> &kernel::Queue {
        &self.queue
    }

    /// Waits, if `block`, until an event, the next deadline, or an
    /// [`unpark`](Self::unpark); then wakes the tasks that waited for what has
    /// happened. How many that were; `None` if another thread has the driver.
    ///
    /// Whoever blocks looks for work *after* this returns, and before it blocks
    /// again: an unpark means that there is some, and is not repeated.
    ///
    /// # Errors
    ///
    /// Those of the queue, but never because of a signal. Deadlines that have
    /// passed are dealt with first.
    pub(crate) fn turn(&self, block: bool) -> io::Result<Option<usize>> {
        self.turn_then(block, || ())
    }

    /// The same; `awake` is called after the wait, before any task is woken.
    ///
    /// # Errors
    ///
    /// As [`turn`](Self::turn).
    // ANCHOR: turn
    pub(crate) fn turn_then(
        &self,
        block: bool,
        awake: impl FnOnce(),
    ) -> io::Result<Option<usize>> {
        let mut events = match self.events.try_lock() {
            Ok(events) => events,
            Err(TryLockError::WouldBlock) => return Ok(None),
            // A panic of ours while it was held; the queue has nothing to do
            // with it.
            Err(TryLockError::Poisoned(events)) => events.into_inner(),
        };
        let sleeps = block && self.token.park();
        let timeout = match sleeps {
            true => self.timers.park().map(until),
            false => Some(Duration::ZERO),
        };
        let happened = events.wait(timeout);
        if sleeps {
            self.token.unparked();
        }
        awake();
        let ready = happened.map(|()| events.deliver());
        let fired = self.timers.fire(kernel::now);
        Ok(Some(ready? + fired))
    }
    // ANCHOR_END: turn

    /// Ends the wait of the thread in [`turn`](Self::turn), or the next one.
    /// From any thread; a system call only if a thread waits, and only for the
    /// first of several calls.
    pub(crate) fn unpark(&self) {
        if self.token.unpark() {
            self.queue.wake();
        }
    }
}

fn until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(kernel::now())
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}
