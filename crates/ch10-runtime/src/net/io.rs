//! A socket and its place in the runtime's queue: what all sockets are.

use crate::budget;
use crate::context;
use crate::kernel::Queue;
use crate::readiness::{self, Direction, Stored};
use crate::registration::{Slot, Socket};
use crate::socket::Attempt;
use std::fmt;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

// ANCHOR: io
/// A source of chapter 4 that tasks wait for.
pub(crate) struct Io<S: Socket> {
    /// `None` only while it is taken apart.
    source: Option<S>,
    slot: Arc<Slot>,
    queue: Queue,
}
// ANCHOR_END: io

/// A first attempt may find something.
pub(crate) const TRY_FIRST: usize = readiness::READABLE | readiness::WRITABLE;
/// It has to wait for an event: for one that is being connected.
pub(crate) const WAIT_FIRST: usize = 0;

impl<S: Socket> Io<S> {
    /// Registers a socket with the runtime that the caller runs in.
    ///
    /// # Errors
    ///
    /// If there is no runtime, or none any more, and those of registering.
    pub(crate) fn new(mut source: S, ready: usize) -> io::Result<Self> {
        let queue = context::with(|shared| shared.driver.queue().clone())
            .map_err(io::Error::other)?;
        let slot = queue.register(&mut source, ready)?;
        Ok(Self {
            source: Some(source),
            slot,
            queue,
        })
    }

    pub(crate) fn source(&self) -> &S {
        // It is taken by `into_source` and `drop`, which end it.
        self.source.as_ref().expect("it is not taken apart yet")
    }

    /// Takes the socket out of the queue.
    pub(crate) fn into_source(mut self) -> S {
        let mut source = self.source.take().expect("it is taken apart once");
        self.queue.deregister(&mut source, &self.slot);
        source
    }

    /// Tries when it is worth it; waits when it is not.
    #[inline]
    pub(crate) fn poll_io<T>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        attempt: impl FnMut(&S) -> io::Result<Attempt<T>>,
    ) -> Poll<io::Result<T>> {
        self.poll_stored(direction, cx, &mut None, attempt)
    }

    /// The same, and says which waker it has left, if one.
    #[inline]
    fn poll_stored<T>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        stored: &mut Option<Stored>,
        attempt: impl FnMut(&S) -> io::Result<Attempt<T>>,
    ) -> Poll<io::Result<T>> {
        budget::poll_within(cx, |cx| {
            self.poll_attempts(direction, cx, stored, attempt)
        })
    }

    // ANCHOR: poll_io
    #[inline]
    fn poll_attempts<T>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        stored: &mut Option<Stored>,
        mut attempt: impl FnMut(&S) -> io::Result<Attempt<T>>,
    ) -> Poll<io::Result<T>> {
        loop {
            let seen = ready!(self.slot.poll_ready(direction, cx, stored))?;
            match attempt(self.source()) {
                Ok(Attempt { value, exhausted }) => {
                    if exhausted {
                        self.slot.clear(direction, seen);
                    }
                    return Poll::Ready(Ok(value));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.slot.clear(direction, seen);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
    // ANCHOR_END: poll_io

    /// As [`poll_io`](Self::poll_io), as a future.
    #[inline]
    pub(crate) fn run<T, F>(
        &self,
        direction: Direction,
        attempt: F,
    ) -> Run<'_, S, F>
    where
        F: FnMut(&S) -> io::Result<Attempt<T>> + Unpin,
    {
        let stored = None;
        Run {
            io: self,
            direction,
            stored,
            attempt,
        }
    }
}

// ANCHOR: run
/// One operation. Dropped while it waits, it takes its waker back: it has
/// moved nothing, and wakes nobody later.
pub(crate) struct Run<'a, S: Socket, F> {
    io: &'a Io<S>,
    direction: Direction,
    /// The waker that it has left.
    stored: Option<Stored>,
    attempt: F,
}

impl<T, S, F> Future for Run<'_, S, F>
where
    S: Socket,
    F: FnMut(&S) -> io::Result<Attempt<T>> + Unpin,
{
    type Output = io::Result<T>;

    #[inline]
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Self::Output> {
        let Self {
            io,
            direction,
            stored,
            attempt,
        } = &mut *self;
        io.poll_stored(*direction, cx, stored, attempt)
    }
}

impl<S: Socket, F> Drop for Run<'_, S, F> {
    #[inline]
    fn drop(&mut self) {
        if let Some(stored) = self.stored {
            self.io.slot.forget(self.direction, stored);
        }
    }
}
// ANCHOR_END: run

impl<S: Socket> Drop for Io<S> {
    fn drop(&mut self) {
        if let Some(source) = &mut self.source {
            self.queue.deregister(source, &self.slot);
        }
    }
}

impl<S: Socket + fmt::Debug> fmt::Debug for Io<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source().fmt(out)
    }
}

#[cfg(unix)]
impl<S: Socket + std::os::fd::AsFd> std::os::fd::AsFd for Io<S> {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.source().as_fd()
    }
}
