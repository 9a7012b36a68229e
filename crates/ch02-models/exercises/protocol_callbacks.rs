//! Exercise `protocol_callbacks`: turn straight code into callbacks.
//!
//! 20 minutes.
//!
//! `protocol::visit` in `src/protocol.rs` is a client that blocks: a loop, and
//! a `?` after each question. Write it again for the loop of stage 2. The lines
//! that both sides say must be the same, in each of nine cases: with no items
//! and with three, with an error at each place, and with silence. `done` is
//! called once, with what `visit` returns.
//!
//! Hint: `Peer::ask_with` asks and returns; the answer comes to a closure. What
//! was a `for` becomes a function that sets up its own next round. What must
//! live from one question to the next moves along.
//!
//! Run: `cargo test --test protocol_callbacks`
//!
//! Fails until solved: `exercise protocol_callbacks:`

use ch02_models::Loop;
use ch02_models::protocol::{Failure, Peer};

/// The whole visit. Returns at once; `done` is called in the end.
pub fn visit(
    timers: &mut Loop,
    peer: Peer,
    name: &str,
    done: impl FnOnce(&mut Loop, Result<Vec<String>, Failure>) + 'static,
) {
    let _ = (timers, peer, name, done);
    todo!("exercise protocol_callbacks: ask, and leave a callback behind")
}

#[cfg(test)]
#[path = "../exercises/tests/protocol_callbacks.rs"]
mod tests;
