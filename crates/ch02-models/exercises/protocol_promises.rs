//! Exercise `protocol_promises`: turn straight code into a chain of promises.
//!
//! 20 minutes.
//!
//! `protocol::visit` in `src/protocol.rs` is a client that blocks: a loop, and
//! a `?` after each question. Write it again with the promises of stage 3. The
//! lines that both sides say must be the same, in each of nine cases: with no
//! items and with three, with an error at each place, and with silence.
//!
//! Hint: `Peer::ask_later` promises the answer. `then` flattens: a function
//! that returns a promise can call itself for the next item. You need not
//! mention an error anywhere but where you find nonsense:
//! `Promise::rejected`, or `Promise::settled` for a `Result`.
//!
//! Run: `cargo test --test protocol_promises`
//!
//! Fails until solved: `exercise protocol_promises:`

use ch02_models::protocol::{Failure, Peer};
use ch02_models::{Loop, Promise};

/// The whole visit: a promise of the items.
pub fn visit(
    timers: &mut Loop,
    peer: Peer,
    name: &str,
) -> Promise<Vec<String>, Failure> {
    let _ = (timers, peer, name);
    todo!("exercise protocol_promises: ask, then, then, then")
}

#[cfg(test)]
#[path = "../exercises/tests/protocol_promises.rs"]
mod tests;
