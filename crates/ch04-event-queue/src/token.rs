//! The name under which a source is registered.

// ANCHOR: token
/// A number by which you recognise a source in its events.
///
/// The queue gives it back as it got it. All values are yours, `usize::MAX`
/// too: the queue keeps none for itself. It does not look for doubles either;
/// who registers two sources under one token cannot tell their events apart.
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
