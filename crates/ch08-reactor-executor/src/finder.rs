//! A finder of forgotten wakes: futures that wait, and whose waker nobody has.
//!
//! It leaves out futures that wait for something that never happens: they have
//! left their waker somewhere. It also leaves out what is polled again within
//! the bound, since each poll begins the time anew. A poll that takes longer
//! than the bound is taken for a wait.

use crate::future::{Future, PollState, Waker};
use crate::sync::{Mutex, lock};
use std::mem;
use std::sync::Arc;
use std::task::Wake;
use std::time::{Duration, Instant};

// ANCHOR: types
/// Watches futures, each by a waker of its own.
#[derive(Clone, Debug)]
pub struct Finder(Arc<Found>);

#[derive(Debug)]
struct Found {
    bound: Duration,
    watched: Mutex<Vec<Arc<Relay>>>,
    by_luck: Mutex<Vec<Forgotten>>,
}

/// A future that waited although nothing had its waker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// The name under which it is watched.
    pub name: &'static str,
    /// How long it has waited.
    pub pending: Duration,
}

/// What is behind the waker of a watched future.
#[derive(Debug)]
struct Relay {
    name: &'static str,
    state: Mutex<State>,
}

// ANCHOR_END: types
// ANCHOR: state
#[derive(Debug)]
enum State {
    /// Not polled yet, woken, or finished.
    Awake,
    /// Polled at this time, and not woken since; then this one is to be woken.
    Pending(Instant, Waker),
}

impl Relay {
    /// What it was before.
    fn awake(&self) -> State {
        mem::replace(&mut *lock(&self.state), State::Awake)
    }
}
// ANCHOR_END: state

/// A future that a [`Finder`] watches.
#[derive(Debug)]
pub struct Watched<F> {
    future: F,
    relay: Arc<Relay>,
    waker: Waker,
    finder: Finder,
}

// ANCHOR: forgotten
/// The owners of a relay besides the wakers that somebody keeps: the future,
/// the one waker that it lends, and the finder's list.
const OWN: usize = 3;

/// How long it has been pending since its latest poll, if its waker is nowhere.
fn forgotten(relay: &Arc<Relay>) -> Option<Duration> {
    let state = lock(&relay.state);
    let State::Pending(since, _) = &*state else {
        return None;
    };
    let pending = since.elapsed();
    // Counted under the lock: a wake that has begun is waiting for the lock,
    // and still owns its clone.
    (Arc::strong_count(relay) == OWN).then_some(pending)
}
// ANCHOR_END: forgotten

// ANCHOR: poll
impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(&mut self, waker: &Waker) -> PollState<F::Output> {
        // Its own waker was nowhere, so this poll is due to something else.
        if let Some(pending) = forgotten(&self.relay) {
            self.finder.note(self.relay.name, pending);
        }
        let (since, outer) = (Instant::now(), waker.clone());
        let pending = State::Pending(since, outer);
        let before = mem::replace(&mut *lock(&self.relay.state), pending);
        drop(before);
        let polled = self.future.poll(&self.waker);
        if polled.is_ready() {
            self.relay.awake();
        }
        polled
    }
}

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        if let State::Pending(_, outer) = self.awake() {
            outer.wake();
        }
    }
}
// ANCHOR_END: poll

impl Finder {
    /// One that reports what has waited for longer than `bound`.
    #[must_use]
    pub fn new(bound: Duration) -> Self {
        Self(Arc::new(Found {
            bound,
            watched: Mutex::default(),
            by_luck: Mutex::default(),
        }))
    }

    /// The same future, watched.
    pub fn watch<F: Future>(
        &self,
        name: &'static str,
        future: F,
    ) -> Watched<F> {
        let state = Mutex::new(State::Awake);
        let relay = Arc::new(Relay { name, state });
        lock(&self.0.watched).push(Arc::clone(&relay));
        let waker = Waker::from(Arc::clone(&relay));
        let finder = self.clone();
        Watched {
            future,
            relay,
            waker,
            finder,
        }
    }

    /// Futures that are waiting at this moment, with their waker nowhere: if
    /// luck does not help, they wait for ever.
    // ANCHOR: reports
    #[must_use]
    pub fn waiting(&self) -> Vec<Forgotten> {
        let watched = lock(&self.0.watched); // a clone of it would be counted
        let mut found = Vec::new();
        for relay in &*watched {
            match forgotten(relay) {
                Some(pending) if pending > self.0.bound => {
                    let name = relay.name;
                    found.push(Forgotten { name, pending });
                }
                _ => {}
            }
        }
        found
    }

    /// Those that were polled all the same, since something else in their
    /// task was woken. They were only late.
    #[must_use]
    pub fn late(&self) -> Vec<Forgotten> {
        lock(&self.0.by_luck).clone()
    }
    // ANCHOR_END: reports

    fn note(&self, name: &'static str, pending: Duration) {
        if pending > self.0.bound {
            lock(&self.0.by_luck).push(Forgotten { name, pending });
        }
    }
}

/// It is no longer watched.
impl<F> Drop for Watched<F> {
    fn drop(&mut self) {
        let mut watched = lock(&self.finder.0.watched);
        let mine = |relay: &Arc<Relay>| Arc::ptr_eq(relay, &self.relay);
        let place = watched.iter().position(mine);
        let relay = place.map(|place| watched.swap_remove(place));
        drop(watched);
        drop(relay);
        drop(self.relay.awake());
    }
}
