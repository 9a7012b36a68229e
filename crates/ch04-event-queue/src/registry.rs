//! Where sources go in: [`Registry`], and what a [`Source`] is.
//!
//! The two know each other, so they share a file.

use crate::sys::{self, Queue as _};
use crate::{Interest, Token};
use std::fmt;
use std::io;
#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;

/// What can be registered in a queue.
///
/// Programs call the methods of [`Registry`]. A type of yours that wraps a
/// source forwards these calls to it; one that has a descriptor forwards them
/// to [`SourceFd`](crate::unix::SourceFd).
#[cfg_attr(not(unix), allow(rustdoc::broken_intra_doc_links))]
// ANCHOR: source
pub trait Source {
    /// See [`Registry::register`], also for the errors.
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()>;

    /// See [`Registry::reregister`], also for the errors.
    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()>;

    /// See [`Registry::deregister`], also for the errors.
    fn deregister(&mut self, registry: &Registry) -> io::Result<()>;
}
// ANCHOR_END: source

impl<S: Source + ?Sized> Source for Box<S> {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        (**self).register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        (**self).reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        (**self).deregister(registry)
    }
}

// ANCHOR: registry
/// An event queue, seen from the threads that have something to wait for.
///
/// It is separate from [`Poll`](crate::Poll) so that one thread waits at a time
/// (`&mut`) and any thread registers (`&`): a thread that accepts connections
/// can add them to a queue on which another one is sleeping.
pub struct Registry {
    selector: sys::Selector,
    /// Identifies the queue to its sources, and tells them whether it still
    /// exists. It is dropped after the selector: once the last one is gone, so
    /// is the queue.
    id: Arc<()>,
}
// ANCHOR_END: registry

#[cfg_attr(not(unix), allow(rustdoc::broken_intra_doc_links))]
impl Registry {
    /// The first registry of a new, empty queue.
    pub(crate) fn new() -> io::Result<Self> {
        let selector = sys::Selector::new()?;
        let id = Arc::new(());
        Ok(Self { selector, id })
    }

    /// From now on, reports what happens to `source`, under `token`. If the
    /// source is ready already, there is an event at once.
    ///
    /// # Errors
    ///
    /// - `AlreadyExists`: it is registered, here or in another queue that
    ///   still exists (one whose [`Poll`](crate::Poll) and registries are all
    ///   gone does not count). A [`SourceFd`](crate::unix::SourceFd) does not
    ///   remember its queue: only epoll refuses it, and only in the same queue;
    /// - on Linux `PermissionDenied`: the source never has to wait (a regular
    ///   file); and `StorageFull`: the user has too many sources in queues
    ///   (`/proc/sys/fs/epoll/max_user_watches`).
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
    /// token. Nothing of the old registration is left. As after
    /// [`register`](Self::register), a source that is ready gives an event.
    ///
    /// # Errors
    ///
    /// - `NotFound`: it is not registered, perhaps because its descriptor was
    ///   removed by other means. Then it can be registered again;
    /// - `AlreadyExists`: it is registered in another queue that still exists.
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

    /// From now on, reports nothing about `source`, not even what happened
    /// before and was not reported yet.
    ///
    /// A source that is dropped leaves the queue, unless a duplicate of its
    /// descriptor keeps its open file open: then deregister it first. Events
    /// that a wait has already returned stay in that wait's list.
    ///
    /// # Errors
    ///
    /// `NotFound` if it is not registered in this queue, perhaps because its
    /// descriptor was removed by other means. Then it can be registered again.
    pub fn deregister<S>(&self, source: &mut S) -> io::Result<()>
    where
        S: Source + ?Sized,
    {
        source.deregister(self)
    }

    /// One more registry of the same queue, for another thread.
    ///
    /// # Errors
    ///
    /// No descriptor is left, or no memory in the kernel.
    pub fn try_clone(&self) -> io::Result<Self> {
        let selector = self.selector.try_clone()?;
        let id = Arc::clone(&self.id);
        Ok(Self { selector, id })
    }

    #[inline]
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
