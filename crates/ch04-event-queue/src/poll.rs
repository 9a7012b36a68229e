//! The two ends of a queue: [`Poll`], where events come out, and [`Registry`],
//! where sources go in.

use crate::event::{Events, Source};
use crate::sys::{self, Queue as _};
use crate::{Interest, Token};
use std::fmt;
use std::io;
#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

/// An event queue, seen from the thread that waits.
///
/// A source is registered once; from then on, each change of it that is of
/// interest is an event in one of the following waits. A *change*: who does
/// not read on until `WouldBlock` is not told again about what is left. So the
/// rule for sources is: register, then after each event do what was waited for
/// until it would block.
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
/// Dropping it ends the waiting, not the queue: that lives on in registries
/// that were cloned, and ends with the last of them.
pub struct Poll {
    registry: Registry,
}

impl Poll {
    /// A new queue, with nothing in it.
    ///
    /// # Errors
    ///
    /// Those of the system, above all that there are too many open files.
    pub fn new() -> io::Result<Self> {
        let selector = sys::Selector::new()?;
        let id = Arc::new(());
        let registry = Registry { selector, id };
        Ok(Self { registry })
    }

    /// The other end of this queue.
    #[inline]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Replaces `events` by what has happened since the last call.
    ///
    /// If that is nothing, it sleeps until something happens, or the timeout
    /// is over (then `events` is empty). `None` is for ever, zero does not
    /// sleep at all. It never comes back before the timeout is over: where the
    /// system counts in milliseconds, a part of one counts as one. A timeout
    /// that is longer than the system's longest (on Linux 24 days) is that.
    ///
    /// What does not fit into `events` comes with the next calls, before what
    /// happens later.
    ///
    /// # Errors
    ///
    /// `Interrupted` if a signal was handled meanwhile, even one that has only
    /// stopped and continued the process (Ctrl-Z, `fg`): a loop goes on. Others
    /// are those of the system, such as `InvalidInput` for events with no room
    /// at all (on Linux).
    // ANCHOR: poll
    #[inline]
    pub fn poll(
        &mut self,
        events: &mut Events,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        self.registry.selector.wait(events.list(), timeout)
    }
    // ANCHOR_END: poll
}

impl fmt::Debug for Poll {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Poll").finish_non_exhaustive()
    }
}

// ANCHOR: registry
/// An event queue, seen from the threads that have something to wait for.
///
/// It is apart from [`Poll`] because waiting needs the queue for itself
/// (`&mut`) and registering does not (`&`): a thread that accepts connections
/// adds them to a queue on which another one sleeps at that moment.
pub struct Registry {
    selector: sys::Selector,
    /// By this a source knows the queue that it is in, and whether that still
    /// exists. It is dropped after the selector: when the last one goes, the
    /// queue is gone.
    id: Arc<()>,
}
// ANCHOR_END: registry

#[cfg_attr(not(unix), allow(rustdoc::broken_intra_doc_links))]
impl Registry {
    /// From now on, reports what happens to `source`, under the name `token`.
    /// What has happened already counts: a source that is ready now gives an
    /// event now.
    ///
    /// # Errors
    ///
    /// - `AlreadyExists`: it is registered, here or in another queue that
    ///   still exists (one whose [`Poll`] and registries are all gone does not
    ///   count). [`SourceFd`](crate::unix::SourceFd) knows of no other queue,
    ///   and is refused by epoll only;
    /// - those of the system, on Linux `PermissionDenied` for what never has
    ///   to be waited for (a regular file), and too many open files.
    // ANCHOR: registry_register
    pub fn register<S>(
        &self,
        source: &mut S,
        token: Token,
        interests: Interest,
    ) -> io::Result<()>
    where
        S: Source + ?Sized,
    {
        source.register(self, token, interests)
    }
    // ANCHOR_END: registry_register

    /// From now on, reports something else about `source`, or under another
    /// name. Nothing of the old registration is left. Like after
    /// [`register`](Self::register), a source that is ready gives an event.
    ///
    /// # Errors
    ///
    /// - `NotFound`: it is not registered, perhaps because its descriptor was
    ///   taken out by other means. It can be registered then;
    /// - `AlreadyExists`: it is registered in another queue that still exists;
    /// - those of the system.
    pub fn reregister<S>(
        &self,
        source: &mut S,
        token: Token,
        interests: Interest,
    ) -> io::Result<()>
    where
        S: Source + ?Sized,
    {
        source.reregister(self, token, interests)
    }

    /// From now on, reports nothing about `source`, not even what has happened
    /// and was not reported yet.
    ///
    /// A source that is dropped leaves the queue by itself. One that shares
    /// its open file with a duplicate of its descriptor does not: deregister
    /// it first.
    ///
    /// # Errors
    ///
    /// - `NotFound`: it is not registered in this queue, perhaps because its
    ///   descriptor was taken out by other means. It can be registered then;
    /// - those of the system.
    pub fn deregister<S>(&self, source: &mut S) -> io::Result<()>
    where
        S: Source + ?Sized,
    {
        source.deregister(self)
    }

    /// One more registry of the same queue, for instance for another thread.
    ///
    /// # Errors
    ///
    /// Those of the system, above all that there are too many open files.
    pub fn try_clone(&self) -> io::Result<Self> {
        let selector = self.selector.try_clone()?;
        let id = Arc::clone(&self.id);
        Ok(Self { selector, id })
    }

    pub(crate) fn selector(&self) -> &sys::Selector {
        &self.selector
    }

    /// The same for all registries of a queue, and different between queues.
    pub(crate) fn id(&self) -> &Arc<()> {
        &self.id
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Registry").finish_non_exhaustive()
    }
}

#[cfg(unix)]
impl AsRawFd for Poll {
    fn as_raw_fd(&self) -> RawFd {
        self.registry.as_raw_fd()
    }
}

#[cfg(unix)]
impl AsFd for Registry {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.selector.as_fd()
    }
}

#[cfg(unix)]
impl AsRawFd for Registry {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}
