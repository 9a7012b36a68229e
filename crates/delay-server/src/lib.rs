#![doc = include_str!("../README.md")]
//!
//! # Design
//!
//! One thread waits for all sockets (`reactor.rs`, with the poller in `sys`). A
//! connection is a queue of replies between a reading half and a writing half
//! (`connection.rs`). A reply makes its bytes while they are sent (`reply.rs`).
//! What a request means is a function of its bytes (`request.rs`, `wanted.rs`).
//! The server uses none of the crates that it helps to test, neither the book's
//! nor the production ones.

mod client;
mod connection;
mod fault;
mod limits;
mod reactor;
mod record;
mod rejection;
mod reply;
mod request;
mod server;
mod sys;
mod wanted;

pub use client::{Response, get, target};
pub use fault::Fault;
pub use limits::{
    BYTE_PAUSE, MAX_BODY, MAX_DELAY, MAX_HEAD, MAX_HEADERS, MAX_PIPELINED,
    MAX_SIZE, RECORD_LIMIT,
};
pub use request::Request;
pub use server::{Builder, DelayServer};

/// Raises this process's limit of open descriptors as far as the system
/// allows, and returns the new limit. On Windows there is none.
///
/// The library never does this unasked. A program that needs thousands of
/// connections calls it when it starts: the usual limits are 1,024 on Linux and
/// 256 on macOS.
///
/// ```
/// let limit = delay_server::raise_descriptor_limit()?;
/// assert!(limit >= 256);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Only a sandbox that forbids the call is known to cause one: raising the
/// limit as far as the system allows needs no privilege.
pub fn raise_descriptor_limit() -> std::io::Result<u64> {
    sys::raise_descriptor_limit()
}
