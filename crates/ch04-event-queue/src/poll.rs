//! Where events come out: [`Poll`], the end of a queue that waits.

use crate::event::Events;
use crate::registry::Registry;
use crate::sys::Queue as _;
use std::fmt;
use std::io;
#[cfg(unix)]
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

/// An event queue, seen from the thread that waits.
///
/// A source is registered once; from then on, each change that matches its
/// interest is an event in one of the following waits. Only a *change* is: a
/// program that stops before `WouldBlock` gets no event for what is left. So
/// the rule is: register, and after each event repeat the call that you waited
/// for until it says `WouldBlock`.
///
/// ```
/// use ch04_event_queue::net::{TcpListener, TcpStream};
/// use ch04_event_queue::{Events, Interest, Poll, Token};
///
/// let mut poll = Poll::new()?;
/// let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
/// poll.registry()
///     .register(&mut listener, Token(7), Interest::READABLE)?;
///
/// let _client = TcpStream::connect(listener.local_addr()?)?;
///
/// let mut events = Events::with_capacity(16);
/// poll.poll(&mut events, None)?;
/// for event in &events {
///     assert_eq!(event.token(), Token(7));
/// }
/// let (_server, _address) = listener.accept()?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Dropping it does not end the queue while there are clones of its registry:
/// the queue ends with the last of them.
pub struct Poll {
    registry: Registry,
}

impl Poll {
    /// A new queue, with nothing in it.
    ///
    /// # Errors
    ///
    /// No descriptor is left, or no memory in the kernel.
    pub fn new() -> io::Result<Self> {
        let registry = Registry::new()?;
        Ok(Self { registry })
    }

    /// The other end of this queue.
    #[inline]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Replaces `events` with what has happened and was not reported yet.
    ///
    /// If that is nothing, it sleeps until something happens or the timeout has
    /// expired (then `events` is empty). `None` is no timeout; zero does not sleep
    /// at all. The sleep never ends before its timeout: where the system counts
    /// milliseconds, it is rounded up. A timeout beyond the system's longest
    /// (on Linux 24 days) is cut to that.
    ///
    /// What does not fit into `events` comes with the next calls, before what
    /// happens later.
    ///
    /// # Errors
    ///
    /// `Interrupted` if a signal was handled meanwhile, even one that only
    /// stopped and continued the process (Ctrl-Z, `fg`): call it again. On
    /// Linux, `InvalidInput` if `events` has no room at all.
    // ANCHOR: poll
    #[inline]
    pub fn poll(
        &mut self,
        events: &mut Events,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        self.registry.selector().wait(events.list(), timeout)
    }
    // ANCHOR_END: poll
}

impl fmt::Debug for Poll {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Poll").finish_non_exhaustive()
    }
}

#[cfg(unix)]
impl AsRawFd for Poll {
    fn as_raw_fd(&self) -> RawFd {
        self.registry.as_raw_fd()
    }
}
