//! Exercise `protocol_machine`: turn straight code into a state machine.
//!
//! 30 minutes.
//!
//! `protocol::visit` in `src/protocol.rs` is a client that blocks: a loop, and
//! a `?` after each question. Write it again as a coroutine of stage 4: a value
//! that remembers where it stands. The lines that both sides say must be the
//! same, in each of nine cases: with no items and with three, with an error at
//! each place, and with silence. It never sleeps: `resume` says a line and
//! returns the time that the answer takes.
//!
//! Hint: `Peer::say` gives a `Question`; keep it in the state that waits for
//! its answer. Which questions can be under way? That many states there are,
//! and one for the beginning. What does each need to know of the past?
//!
//! Run: `cargo test --test protocol_machine`
//!
//! Fails until solved: `exercise protocol_machine:`

use ch02_models::protocol::{Failure, Peer};
use ch02_models::{Coroutine, Step};

/// A visit, wherever it stands.
#[derive(Debug)]
pub struct Visit; // your states here

impl Visit {
    /// One that has not begun: nothing is said before the first `resume`.
    pub fn new(peer: Peer, name: &str) -> Self {
        let _ = (peer, name);
        todo!("exercise protocol_machine: the first state")
    }
}

impl Coroutine for Visit {
    type Output = Result<Vec<String>, Failure>;

    fn resume(&mut self) -> Step<Self::Output> {
        todo!("exercise protocol_machine: take the answer, ask the next")
    }
}

#[cfg(test)]
#[path = "../exercises/tests/protocol_machine.rs"]
mod tests;
