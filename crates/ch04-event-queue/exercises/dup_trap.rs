//! Exercise `dup_trap`: events of a connection that you have closed.
//!
//! 15 to 20 minutes. Linux.
//!
//! The example `probe` shows the trap: a registration lives as long as the open
//! file does. If you close the descriptor while a duplicate exists, events keep
//! coming, and the descriptor that could end them is closed. Write two
//! functions that avoid it.
//!
//! Hint: what can you do before the close that you cannot do after it? The
//! duplicate is `as_fd().try_clone_to_owned()`, and `TcpStream::from` takes it.
//!
//! Run: `cargo test --test dup_trap`
//!
//! Fails until solved: `exercise dup_trap:`
#![cfg(all(target_os = "linux", not(event_queue_kqueue)))]

use ch04_event_queue::net::TcpStream;
use ch04_event_queue::{Registry, Token};
use std::io;

/// Closes a connection. This queue has no more events for it, even if a logger
/// or a child process keeps a duplicate of it.
///
/// # Errors
///
/// What the system reports.
pub fn close(registry: &Registry, stream: TcpStream) -> io::Result<()> {
    let _ = registry;
    drop(stream);
    todo!("exercise dup_trap: is that all?")
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
    let _ = (registry, old, token);
    todo!("exercise dup_trap: in which order?")
}

#[cfg(test)]
#[path = "../exercises/tests/dup_trap.rs"]
mod tests;
