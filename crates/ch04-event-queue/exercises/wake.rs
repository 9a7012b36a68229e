//! Exercise `wake`: a mailbox for a thread that sleeps on a queue.
//!
//! 30 minutes.
//!
//! A [`Mailbox`] is a channel whose receiver waits on an event queue, so that
//! it could wait for sockets at the same time. The messages of a thread arrive
//! in the order in which it sent them, none is lost, and each arrives within
//! ten seconds, even if the receiver sleeps for twenty.
//!
//! Hint: `std::sync::mpsc` keeps the messages, but doesn't wake the receiver.
//! In which order must a sender do the two things that it has to do? One event
//! can stand for many messages: what does the receiver do before it sleeps?
//!
//! Run: `cargo test --test wake`
//!
//! Fails until solved: `exercise wake:`

use std::io;
use std::marker::PhantomData;
use std::time::Duration;

/// The end where messages come out.
#[derive(Debug)]
pub struct Mailbox<T>(PhantomData<T>); // your fields here

/// The end where messages go in, for any thread.
#[derive(Debug)]
pub struct Sender<T>(PhantomData<T>); // and here

/// A mailbox and its first sender.
///
/// # Errors
///
/// What the system reports for the queue.
pub fn mailbox<T>() -> io::Result<(Mailbox<T>, Sender<T>)> {
    todo!("exercise wake: a queue, a waker, a channel")
}

impl<T> Mailbox<T> {
    /// The next message. Waits for it, at most `timeout`; then it is `None`.
    ///
    /// # Errors
    ///
    /// What the system reports for the queue.
    pub fn receive(&mut self, timeout: Duration) -> io::Result<Option<T>> {
        let _ = timeout;
        todo!("exercise wake: look, then sleep, then look again")
    }
}

impl<T> Sender<T> {
    /// Sends a message.
    ///
    /// # Errors
    ///
    /// `BrokenPipe` if the mailbox is gone, or what the system reports.
    pub fn send(&self, message: T) -> io::Result<()> {
        let _ = message;
        todo!("exercise wake: two things, in the right order")
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        todo!("exercise wake: one more sender")
    }
}

#[cfg(test)]
#[path = "../exercises/tests/wake.rs"]
mod tests;
