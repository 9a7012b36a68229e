//! What AFD is asked, and what its answers mean.

use super::super::{Readiness, afd};
use crate::interest::Interest;
use crate::token::Token;

/// What to ask for when a program wants to read.
pub(super) const READABLE: u32 = afd::RECEIVE
    | afd::DISCONNECT
    | afd::ACCEPT
    | afd::ABORT
    | afd::CONNECT_FAIL;

/// What to ask for when a program wants to write.
pub(super) const WRITABLE: u32 = afd::SEND | afd::ABORT | afd::CONNECT_FAIL;

/// What happens to a connection once and stays true. If it were asked again,
/// AFD would report it again and again.
pub(super) const FINAL: u32 = afd::DISCONNECT | afd::ABORT | afd::CONNECT_FAIL;

/// What to ask for.
pub(super) fn flags_of(interest: Interest) -> u32 {
    let mut flags = 0;
    if interest.is_readable() {
        flags |= READABLE;
    }
    if interest.is_writable() {
        flags |= WRITABLE;
    }
    flags
}

/// What a packet was about.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    /// The source.
    pub(super) token: Token,
    /// What AFD answered.
    pub(super) flags: u32,
}

impl Event {
    fn any(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }
}

impl Readiness for Event {
    fn token(&self) -> Token {
        self.token
    }

    fn is_readable(&self) -> bool {
        self.any(READABLE)
    }

    fn is_writable(&self) -> bool {
        self.any(WRITABLE)
    }

    fn is_error(&self) -> bool {
        self.any(afd::CONNECT_FAIL)
    }

    fn is_read_closed(&self) -> bool {
        self.any(afd::DISCONNECT | afd::ABORT | afd::CONNECT_FAIL)
    }

    fn is_write_closed(&self) -> bool {
        self.any(afd::ABORT | afd::CONNECT_FAIL)
    }
}
