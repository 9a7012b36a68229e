//! What all sockets of this crate have in common: where they are registered.

use crate::event::Source;
use crate::sys::{self, Register as _};
use crate::{Interest, Registry, Token};
use std::fmt;
use std::io;
use std::io::ErrorKind::{AlreadyExists, NotFound};

// ANCHOR: io_source
/// A socket of the standard library as a source: with what the backend has to
/// remember about it, and with the number of the queue that it is in, so that
/// it is in one queue at most.
pub(crate) struct IoSource<S> {
    /// The queue's [`Registry::id`], or zero for none.
    queue: usize,
    /// On Windows, it has to go before the socket does.
    registration: sys::Registration,
    socket: S,
}
// ANCHOR_END: io_source

impl<S> IoSource<S> {
    /// In no queue yet.
    pub(crate) fn new(socket: S) -> Self {
        Self {
            queue: 0,
            registration: Default::default(),
            socket,
        }
    }

    /// For calls that do not move data.
    pub(crate) fn socket(&self) -> &S {
        &self.socket
    }

    // ANCHOR: io_source_io
    /// For calls that can fail with `WouldBlock`: where the system reports
    /// readiness only once, this is the moment to ask for it again.
    #[inline]
    pub(crate) fn io<R>(
        &self,
        operation: impl FnOnce(&S) -> io::Result<R>,
    ) -> io::Result<R> {
        self.registration.io(|| operation(&self.socket))
    }
    // ANCHOR_END: io_source_io

    pub(crate) fn into_socket(self) -> S {
        self.socket
    }
}

impl<S: sys::AsRaw> Source for IoSource<S> {
    // ANCHOR: io_source_register
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        if self.queue != 0 {
            let why = "the source is registered already";
            return Err(io::Error::new(AlreadyExists, why));
        }
        let Self { registration, .. } = self;
        let selector = registry.selector();
        registration.register(selector, &self.socket, token, interests)?;
        self.queue = registry.id();
        Ok(())
    }
    // ANCHOR_END: io_source_register

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        if self.queue != 0 && self.queue != registry.id() {
            let why = "the source is registered in another queue";
            return Err(io::Error::new(AlreadyExists, why));
        }
        self.is_registered(registry)?;
        let Self { registration, .. } = self;
        let selector = registry.selector();
        registration.reregister(selector, &self.socket, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.is_registered(registry)?;
        let Self { registration, .. } = self;
        registration.deregister(registry.selector(), &self.socket)?;
        self.queue = 0;
        Ok(())
    }
}

impl<S> IoSource<S> {
    fn is_registered(&self, registry: &Registry) -> io::Result<()> {
        if self.queue == registry.id() {
            return Ok(());
        }
        let why = "the source is not registered in this queue";
        Err(io::Error::new(NotFound, why))
    }
}

impl<S: fmt::Debug> fmt::Debug for IoSource<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket.fmt(out)
    }
}
