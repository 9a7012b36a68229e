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
/// It is apart from [`Poll`](crate::Poll) because waiting needs the queue for
/// itself (`&mut`) and registering does not (`&`): a thread that accepts
/// connections adds them to a queue on which another one sleeps at that moment.
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
    /// The first of a new queue, in which there is nothing.
    pub(crate) fn new() -> io::Result<Self> {
        let selector = sys::Selector::new()?;
        let id = Arc::new(());
        Ok(Self { selector, id })
    }

    /// From now on, reports what happens to `source`, under the name `token`.
    /// What has happened already counts: a source that is ready now gives an
    /// event now.
    ///
    /// # Errors
    ///
    /// - `AlreadyExists`: it is registered, here or in another queue that
    ///   still exists (one whose [`Poll`](crate::Poll) and registries are all
    ///   gone does not count). [`SourceFd`](crate::unix::SourceFd) knows of no
    ///   other queue, and is refused by epoll only;
    /// - on Linux `PermissionDenied`: what never has to be waited for (a
    ///   regular file), and `StorageFull`: more than one user may have in
    ///   queues (`/proc/sys/fs/epoll/max_user_watches`).
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

    /// From now on, reports nothing about `source`, not even what has happened
    /// and was not reported yet.
    ///
    /// A source that is dropped leaves the queue by itself. One that shares
    /// its open file with a duplicate of its descriptor does not: deregister
    /// it first.
    ///
    /// # Errors
    ///
    /// `NotFound` if it is not registered in this queue, perhaps because its
    /// descriptor was taken out by other means. It can be registered then.
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
