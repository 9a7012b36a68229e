//! Stage 2 of chapter 8: a waker for each task, so that an event polls the one
//! task that waits for it.
//!
//! It leaves out a run queue (it looks at all tasks for those that were
//! woken), new tasks while it runs, and other threads: a wake from one of them
//! does not end the sleep.

use crate::future::{Future, PollState, Waker};
use crate::s1_sleep::{sleep, watch};
use ch04_event_queue::event::Events;
use ch04_event_queue::{Poll, Registry, Token};
use ch07_coroutines::{self as ch07, Future as _};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

// ANCHOR: types
/// The queue, and whom to wake when it names a token.
#[derive(Debug)]
pub struct Wakers {
    registry: Registry,
    waiting: RefCell<HashMap<Token, Waker>>,
    next: Cell<usize>,
}

/// Chapter 7's request, and the name of its socket in the queue.
#[derive(Debug)]
pub struct Get {
    get: ch07::Get,
    token: Token,
    wakers: Rc<Wakers>,
}

/// What a waker of this stage does: it sets a flag.
#[derive(Debug, Default)]
struct Woken(AtomicBool);
// ANCHOR_END: types

// ANCHOR: leaf
impl Future for Get {
    type Output = io::Result<String>;

    fn poll(&mut self, waker: &Waker) -> PollState<Self::Output> {
        let polled = self.get.poll();
        let Some(waiting) = self.get.waits_for() else {
            return polled;
        };
        let (stream, interest) = (waiting.stream, waiting.interest);
        let registry = &self.wakers.registry;
        if let Err(error) = watch(registry, stream, self.token, interest) {
            return PollState::Ready(Err(error));
        }
        let mut all = self.wakers.waiting.borrow_mut();
        all.insert(self.token, waker.clone()); // the latest counts
        PollState::NotReady
    }
}

/// Nothing waits for a request that is gone.
impl Drop for Get {
    fn drop(&mut self) {
        self.wakers.waiting.borrow_mut().remove(&self.token);
    }
}
// ANCHOR_END: leaf

// ANCHOR: wake
impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        // Relaxed: only the thread of `run` is meant to call it.
        self.0.store(true, Ordering::Relaxed);
    }
}
// ANCHOR_END: wake

impl Woken {
    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed) // as in `wake`
    }
}

/// Polls each task whenever it was woken, until all are finished, and sleeps
/// in `queue` in between. Gives how many polls that took.
///
/// # Errors
///
/// Those of [`Poll::poll`].
// ANCHOR: run
pub fn run<F: Future<Output = ()>>(
    queue: &mut Poll,
    wakers: &Wakers,
    tasks: impl IntoIterator<Item = F>,
) -> io::Result<u64> {
    let start = || Arc::new(Woken(AtomicBool::new(true))); // a first poll
    let mut tasks: Vec<_> = tasks.into_iter().map(|t| (t, start())).collect();
    let mut events = Events::with_capacity(64);
    let mut polls = 0;
    loop {
        tasks.retain_mut(|(task, woken)| {
            if !woken.0.swap(false, Ordering::Relaxed) {
                return true; // nothing has happened for it
            }
            polls += 1;
            !task.poll(&Waker::from(Arc::clone(woken))).is_ready()
        });
        if tasks.is_empty() {
            return Ok(polls);
        }
        // A poll may have woken a task: its own, or one before it.
        let woken = |(_, woken): &(F, Arc<Woken>)| woken.is_set();
        if tasks.iter().any(woken) {
            continue;
        }
        sleep(queue, &mut events)?;
        for event in &events {
            let waker = wakers.waiting.borrow_mut().remove(&event.token());
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}
// ANCHOR_END: run

impl Wakers {
    /// For the queue of `registry`.
    #[must_use]
    pub fn new(registry: Registry) -> Rc<Self> {
        Rc::new(Self {
            registry,
            waiting: RefCell::default(),
            next: Cell::new(0),
        })
    }

    /// How many sockets something waits for.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.borrow().len()
    }
}

/// Chapter 7's client, whose requests leave a waker.
#[derive(Clone, Debug)]
pub struct Http {
    http: ch07::Http,
    wakers: Rc<Wakers>,
}

impl Http {
    /// A client of the server at `server`.
    #[must_use]
    pub fn new(server: SocketAddr, wakers: &Rc<Wakers>) -> Self {
        let (http, wakers) = (ch07::Http::new(server), Rc::clone(wakers));
        Self { http, wakers }
    }

    /// A request of `path`, as [`ch07::Http::get`] makes it.
    pub fn get(&self, path: &str) -> Get {
        let token = Token(self.wakers.next.get());
        self.wakers.next.set(token.0 + 1);
        let (get, wakers) = (self.http.get(path), Rc::clone(&self.wakers));
        Get { get, token, wakers }
    }
}
