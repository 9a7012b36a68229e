//! Solution of exercise `wake`.

use ch04_event_queue::{Events, Poll, Token, Waker};
use std::io::{self, ErrorKind};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// The end where messages come out.
#[derive(Debug)]
pub struct Mailbox<T> {
    poll: Poll,
    events: Events,
    messages: mpsc::Receiver<T>,
    /// Kept alive here: a waker that is dropped takes its wakes with it.
    _waker: Arc<Waker>,
}

/// The end where messages go in, for any thread.
#[derive(Debug)]
pub struct Sender<T> {
    messages: mpsc::Sender<T>,
    waker: Arc<Waker>,
}

/// A mailbox and its first sender.
///
/// # Errors
///
/// What the system reports for the queue.
pub fn mailbox<T>() -> io::Result<(Mailbox<T>, Sender<T>)> {
    let poll = Poll::new()?;
    let waker = Arc::new(Waker::new(poll.registry(), Token(0))?);
    let (sender, receiver) = mpsc::channel();
    let mailbox = Mailbox {
        poll,
        events: Events::with_capacity(4),
        messages: receiver,
        _waker: Arc::clone(&waker),
    };
    let messages = sender;
    Ok((mailbox, Sender { messages, waker }))
}

impl<T> Mailbox<T> {
    /// The next message. Waits for it, at most `timeout`; then it is `None`.
    ///
    /// # Errors
    ///
    /// What the system reports for the queue.
    pub fn receive(&mut self, timeout: Duration) -> io::Result<Option<T>> {
        let start = Instant::now();
        loop {
            // Look before each sleep and after it: one event may be about
            // several messages.
            if let Ok(message) = self.messages.try_recv() {
                return Ok(Some(message));
            }
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            // A message that comes now has woken us already: the wake ends the
            // wait that is about to begin.
            match self.poll.poll(&mut self.events, Some(left)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => result?,
            }
        }
    }
}

impl<T> Sender<T> {
    /// Sends a message.
    ///
    /// # Errors
    ///
    /// `BrokenPipe` if the mailbox is gone, or what the system reports.
    pub fn send(&self, message: T) -> io::Result<()> {
        // First the message. The other way round, the receiver could wake,
        // look, find nothing, and go back to sleep before it is there.
        let gone = self.messages.send(message).is_err();
        if gone {
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.waker.wake()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        let messages = self.messages.clone();
        let waker = Arc::clone(&self.waker);
        Self { messages, waker }
    }
}

#[cfg(test)]
#[path = "../exercises/tests/wake.rs"]
mod tests;
