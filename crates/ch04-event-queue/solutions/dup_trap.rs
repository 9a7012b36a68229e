//! Solution of exercise `dup_trap`.
#![cfg(all(target_os = "linux", not(event_queue_kqueue)))]

use ch04_event_queue::net::TcpStream;
use ch04_event_queue::{Interest, Registry, Token};
use std::io;
use std::os::fd::AsFd;

/// Closes a connection. This queue has no more events for it, even if a logger
/// or a child process keeps a duplicate of it.
///
/// # Errors
///
/// What the system reports.
pub fn close(registry: &Registry, stream: TcpStream) -> io::Result<()> {
    let mut stream = stream;
    // While the descriptor is open, it can name the registration.
    registry.deregister(&mut stream)
}

/// Moves a registered connection to another descriptor: returns a duplicate of
/// it, registered as `token`, and closes the old descriptor. Events come under
/// the new token only.
///
/// # Errors
///
/// What the system reports.
pub fn move_to_dup(
    registry: &Registry,
    old: TcpStream,
    token: Token,
) -> io::Result<TcpStream> {
    let mut old = old;
    // The duplicate first, from the descriptor that is open. If there is none,
    // the old one must leave the queue all the same: it is closed here.
    let dup = old.as_fd().try_clone_to_owned();
    registry.deregister(&mut old)?;
    drop(old);
    let dup = dup?;
    let mut new = TcpStream::from(dup);
    // What has arrived by now is an event of the new registration.
    let both = Interest::READABLE | Interest::WRITABLE;
    registry.register(&mut new, token, both)?;
    Ok(new)
}

#[cfg(test)]
#[path = "../exercises/tests/dup_trap.rs"]
mod tests;
