//! Stage 1 of chapter 8: sleep in the event queue instead of asking again.
//!
//! The trait is chapter 7's. It leaves out wakers: any event wakes the loop,
//! and the loop polls the one future that it has.

use ch04_event_queue::event::Events;
use ch04_event_queue::{Interest, Poll, Registry, Token, event::Source};
use ch07_coroutines::{self as ch07, Future, PollState};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::rc::Rc;

// ANCHOR: leaf
/// Chapter 7's client, and the queue that its connections are put into.
#[derive(Clone, Debug)]
pub struct Http {
    http: ch07::Http,
    registry: Rc<Registry>,
}

/// Chapter 7's request, which leaves word in the queue before it waits.
#[derive(Debug)]
pub struct Get {
    get: ch07::Get,
    registry: Rc<Registry>,
}

impl Future for Get {
    type Output = io::Result<String>;

    fn poll(&mut self) -> PollState<Self::Output> {
        let polled = self.get.poll();
        let Some(waiting) = self.get.waits_for() else {
            return polled;
        };
        let (stream, interest) = (waiting.stream, waiting.interest);
        match watch(&self.registry, stream, Token(0), interest) {
            Ok(()) => PollState::NotReady,
            Err(error) => PollState::Ready(Err(error)),
        }
    }
}
// ANCHOR_END: leaf

// ANCHOR: watch
/// Registers it, or updates the interest if it is registered already. If it is
/// ready by then, that gives an event, too.
pub(crate) fn watch(
    registry: &Registry,
    source: &mut impl Source,
    token: Token,
    interest: Interest,
) -> io::Result<()> {
    match registry.register(source, token, interest) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            registry.reregister(source, token, interest)
        }
        done => done,
    }
}
// ANCHOR_END: watch

impl Http {
    /// A client of the server at `server`, whose connections are put into the
    /// queue of `registry`.
    #[must_use]
    pub fn new(server: SocketAddr, registry: Registry) -> Self {
        let (http, registry) = (ch07::Http::new(server), Rc::new(registry));
        Self { http, registry }
    }

    /// A request of `path`, as [`ch07::Http::get`] makes it.
    pub fn get(&self, path: &str) -> Get {
        let (get, registry) = (self.http.get(path), Rc::clone(&self.registry));
        Get { get, registry }
    }
}

/// Polls `future` to its end, and sleeps in `queue` in between.
///
/// # Errors
///
/// Those of [`Poll::poll`].
// ANCHOR: sleep_on
pub fn sleep_on<F: Future>(
    queue: &mut Poll,
    mut future: F,
) -> io::Result<F::Output> {
    let mut events = Events::with_capacity(64);
    loop {
        if let PollState::Ready(output) = future.poll() {
            return Ok(output);
        }
        sleep(queue, &mut events)?;
    }
}

/// Sleeps until there is an event. A signal isn't one: it goes back to sleep.
pub(crate) fn sleep(queue: &mut Poll, events: &mut Events) -> io::Result<()> {
    loop {
        match queue.poll(events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}
// ANCHOR_END: sleep_on
