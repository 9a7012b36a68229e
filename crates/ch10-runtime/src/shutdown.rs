//! A graceful end: stop accepting, finish what is in flight, and do not wait
//! for it for ever.
//!
//! It needs no runtime: whoever stops a server on another one can use it too.
//! What to do with the work that is late, it leaves to the caller.

use crate::panics::wake_all;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

// ANCHOR: types
/// Asks for the end, and waits until everything has finished.
#[derive(Debug, Default)]
pub struct Shutdown(Arc<Shared>);

/// For those who are asked. Clone it into every task.
#[derive(Clone, Debug)]
pub struct Token(Arc<Shared>);

/// As long as it lives, something is in flight.
#[derive(Debug)]
pub struct InFlight(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    asked: bool,
    in_flight: usize,
    /// Who waits to be asked. A listener that is dropped takes its entry out.
    listeners: BTreeMap<u64, Waker>,
    next_listener: u64,
    /// Who waits for the last thing in flight.
    finishing: Vec<Waker>,
}
// ANCHOR_END: types

/// The time was up, and this many things were still in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// How many.
    pub in_flight: usize,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} unfinished when the time was up", self.in_flight)
    }
}

impl Error for Unfinished {}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here panics under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shutdown {
    /// Nothing is asked, and nothing is in flight.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more ear.
    #[must_use]
    pub fn token(&self) -> Token {
        Token(Arc::clone(&self.0))
    }

    /// How many things are in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.0.state().in_flight
    }

    // ANCHOR: ask
    /// Asks everything to end. A second time it does nothing.
    pub fn ask(&self) {
        let mut state = self.0.state();
        state.asked = true;
        let listeners = mem::take(&mut state.listeners);
        drop(state); // a wake is other people's code
        wake_all(listeners.into_values());
    }
    // ANCHOR_END: ask

    // ANCHOR: finish
    /// Asks everything to end and waits until nothing is in flight, or until
    /// `deadline` is ready: a [`sleep`](crate::time::sleep), say.
    ///
    /// Dropped early, it has asked and only stops waiting.
    ///
    /// # Errors
    ///
    /// [`Unfinished`], if `deadline` came first.
    pub async fn finish(
        &self,
        deadline: impl Future<Output = ()>,
    ) -> Result<(), Unfinished> {
        self.ask();
        let mut deadline = pin!(deadline);
        poll_fn(|cx| {
            let waker = cx.waker().clone(); // other people's code: no lock
            let mut state = self.0.state();
            let in_flight = state.in_flight;
            if in_flight == 0 {
                return Poll::Ready(Ok(()));
            }
            let known = state.finishing.iter().any(|w| w.will_wake(&waker));
            let unused = match known {
                true => Some(waker),
                false => {
                    state.finishing.push(waker);
                    None
                }
            };
            drop(state);
            drop(unused);
            let late = deadline.as_mut().poll(cx);
            late.map(|()| Err(Unfinished { in_flight }))
        })
        .await
    }
    // ANCHOR_END: finish
}

impl Token {
    /// Has the end been asked for?
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.state().asked
    }

    /// Is ready when the end is asked for.
    pub fn asked(&self) -> Asked {
        let shared = Arc::clone(&self.0);
        Asked { shared, key: None }
    }

    // ANCHOR: until
    /// The output of `future`, or `None` as soon as the end is asked for. Then
    /// `future` is dropped, so it should be one that may be: `accept`, or a
    /// read of the first byte of a request.
    pub async fn until<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut asked = self.asked();
        poll_fn(|cx| {
            if Pin::new(&mut asked).poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            future.as_mut().poll(cx).map(Some)
        })
        .await
    }
    // ANCHOR_END: until

    // ANCHOR: in_flight
    /// Something starts that must be finished before the end. It counts until
    /// the value is dropped, by a panic too.
    ///
    /// Take it before the task that does it is spawned, and one for the task
    /// that accepts: else the last thing may be accepted just when nothing
    /// seems to be in flight.
    #[must_use = "it counts as long as it lives"]
    pub fn in_flight(&self) -> InFlight {
        self.0.state().in_flight += 1;
        InFlight(Arc::clone(&self.0))
    }
    // ANCHOR_END: in_flight
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.in_flight -= 1;
        let told = match state.in_flight {
            0 => mem::take(&mut state.finishing),
            _ => Vec::new(),
        };
        drop(state);
        wake_all(told);
    }
}

/// The future of [`Token::asked`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Asked {
    shared: Arc<Shared>,
    /// Where its waker is.
    key: Option<u64>,
}

impl Future for Asked {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone(); // other people's code: no lock
        let mut state = self.shared.state();
        if state.asked {
            return Poll::Ready(());
        }
        let key = self.key.unwrap_or_else(|| {
            state.next_listener += 1;
            state.next_listener
        });
        let old = state.listeners.insert(key, waker);
        drop(state);
        drop(old);
        self.key = Some(key);
        Poll::Pending
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let mut state = self.shared.state();
        let old = state.listeners.remove(&key);
        drop(state);
        drop(old);
    }
}
