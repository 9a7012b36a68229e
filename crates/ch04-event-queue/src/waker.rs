//! How one thread ends another thread's wait.

use crate::registry::Registry;
use crate::sys::{self, Wake as _};
use crate::token::Token;
use std::fmt;
use std::io;

/// Ends the wait of a [`Poll`](crate::Poll), from any thread.
///
/// A wake is an event like any other: readable, under the waker's token. Calls
/// of [`wake`](Self::wake) that come before the next wait may become one event.
/// A wake is never lost: if no thread is waiting, the next wait does not sleep.
///
/// ```
/// use ch04_event_queue::{Events, Poll, Token, Waker};
/// use std::sync::Arc;
/// use std::thread;
///
/// let mut poll = Poll::new()?;
/// let waker = Arc::new(Waker::new(poll.registry(), Token(3))?);
/// let other = thread::spawn({
///     let waker = Arc::clone(&waker);
///     move || waker.wake()
/// });
///
/// let mut events = Events::with_capacity(4);
/// poll.poll(&mut events, None)?;
/// let tokens: Vec<Token> = events.iter().map(|event| event.token()).collect();
/// assert_eq!(tokens, [Token(3)]);
/// # other.join().expect("it only wakes")?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Keep it until its wake has been seen: when it is dropped, an event that has
/// not been reported yet may go with it. A queue can have several wakers.
// ANCHOR: waker
pub struct Waker(sys::Waker);

impl Waker {
    /// A waker for the queue of `registry`.
    ///
    /// # Errors
    ///
    /// No descriptor is left, or no memory in the kernel.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        sys::Waker::new(registry.selector(), token).map(Self)
    }

    /// Ends the wait that is under way, or else the next one.
    ///
    /// # Errors
    ///
    /// None is known that a program could cause.
    pub fn wake(&self) -> io::Result<()> {
        self.0.wake()
    }
}
// ANCHOR_END: waker

impl fmt::Debug for Waker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Waker").finish_non_exhaustive()
    }
}
