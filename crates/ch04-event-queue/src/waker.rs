//! How one thread ends another one's wait.

use crate::registry::Registry;
use crate::sys::{self, Wake as _};
use crate::token::Token;
use std::fmt;
use std::io;

/// Ends the wait of a [`Poll`](crate::Poll), from any thread.
///
/// Waking is an event like any other, under the token that the waker was made
/// with, and readable. Calls of [`wake`](Self::wake) that come before the next
/// wait may become one event. Waking is never lost: if nobody waits at the
/// moment, the next wait does not sleep.
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
/// Keep it until its wake was seen: when it is dropped, an event that nobody
/// has taken yet can go with it. A queue can have several.
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

    /// Wakes the thread that waits, or is going to.
    ///
    /// # Errors
    ///
    /// None is known that a program could bring about.
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
