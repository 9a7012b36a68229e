//! What all sockets of this crate have in common: where they are registered.

use crate::interest::Interest;
use crate::registry::{Registry, Source};
use crate::sys::{self, Queue as _, Register as _};
use crate::token::Token;
use std::fmt;
use std::io;
use std::io::ErrorKind::{AlreadyExists, NotFound};
use std::sync::{Arc, Weak};

// ANCHOR: io_source
/// A socket of the standard library as a source: with what the backend has to
/// remember about it, and with the queue in which it was registered last.
///
/// The system may know better: the descriptor may have been removed from the
/// queue by other means, and a socket that comes from the standard library may
/// be in one already. Where the system can be asked, its answer counts.
pub(crate) struct IoSource<S> {
    /// The queue's [`Registry::id`]. It dangles if there is no queue.
    queue: Weak<()>,
    /// On Windows it has to be dropped before the socket.
    registration: sys::Registration,
    socket: S,
}
// ANCHOR_END: io_source

/// Where a source is, as far as it knows.
#[derive(PartialEq, Eq)]
enum Place {
    /// In the queue that it is asked about.
    Here,
    /// In another queue, which still exists.
    Elsewhere,
    /// In no queue, or in one that is gone, or it does not know.
    Nowhere,
}

impl<S> IoSource<S> {
    /// In no queue yet.
    pub(crate) fn new(socket: S) -> Self {
        Self {
            queue: Weak::new(),
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
    /// readiness only once, this is the moment to ask again `for_what` the call
    /// would have had to wait.
    #[inline]
    pub(crate) fn io<R>(
        &self,
        for_what: Interest,
        operation: impl FnOnce(&S) -> io::Result<R>,
    ) -> io::Result<R> {
        self.registration.io(for_what, || operation(&self.socket))
    }
    // ANCHOR_END: io_source_io

    /// The same for sockets of datagrams.
    #[inline]
    pub(crate) fn io_of_datagrams<R>(
        &self,
        for_what: Interest,
        operation: impl FnOnce(&S) -> io::Result<R>,
    ) -> io::Result<R> {
        self.registration
            .io_of_datagrams(for_what, || operation(&self.socket))
    }

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
        let place = self.place(registry);
        if place == Place::Elsewhere {
            return Err(elsewhere());
        }
        if place == Place::Here && !sys::Selector::REFUSES_DOUBLES {
            let why = "the source is registered already";
            return Err(io::Error::new(AlreadyExists, why));
        }
        if place == Place::Nowhere {
            self.forget(); // what belonged to a queue that is gone
        }
        let Self { registration, .. } = self;
        let selector = registry.selector();
        registration.register(selector, &self.socket, token, interests)?;
        self.queue = Arc::downgrade(registry.id());
        Ok(())
    }
    // ANCHOR_END: io_source_register

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        match self.place(registry) {
            Place::Elsewhere => Err(elsewhere()),
            Place::Here => {
                let Self { registration, .. } = self;
                let selector = registry.selector();
                let socket = &self.socket;
                let done =
                    registration.reregister(selector, socket, token, interests);
                self.believe(done)
            }
            // It may have been registered before it came here.
            Place::Nowhere => {
                self.deregister(registry)?;
                self.register(registry, token, interests)
            }
        }
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        if self.place(registry) == Place::Elsewhere {
            let why = "the source is registered in another queue";
            return Err(io::Error::new(NotFound, why));
        }
        let Self { registration, .. } = self;
        let done = registration.deregister(registry.selector(), &self.socket);
        self.believe(done)?;
        self.forget();
        Ok(())
    }
}

fn elsewhere() -> io::Error {
    let why = "the source is registered in another queue";
    io::Error::new(AlreadyExists, why)
}

impl<S> IoSource<S> {
    fn place(&self, registry: &Registry) -> Place {
        if Weak::as_ptr(&self.queue) == Arc::as_ptr(registry.id()) {
            Place::Here
        } else if self.queue.strong_count() > 0 {
            Place::Elsewhere
        } else {
            Place::Nowhere
        }
    }

    /// If the system says that it is not registered, it is not.
    fn believe(&mut self, done: io::Result<()>) -> io::Result<()> {
        if matches!(&done, Err(error) if error.kind() == NotFound) {
            self.forget();
        }
        done
    }

    fn forget(&mut self) {
        self.queue = Weak::new();
        self.registration = Default::default();
    }
}

impl<S: fmt::Debug> fmt::Debug for IoSource<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket.fmt(out)
    }
}
