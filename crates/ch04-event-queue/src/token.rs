//! The number under which a source is registered.

// ANCHOR: token
/// A number by which you recognise a source in its events.
///
/// The queue returns it unchanged. All values are yours, `usize::MAX` included:
/// the queue reserves none. Nor does it look for duplicates: if two sources
/// are registered under one token, their events cannot be told apart.
///
/// ```
/// use ch04_event_queue::Token;
///
/// const LISTENER: Token = Token(usize::MAX);
/// assert_eq!(usize::from(LISTENER), usize::MAX);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub usize);
// ANCHOR_END: token

impl From<Token> for usize {
    fn from(token: Token) -> Self {
        token.0
    }
}
