//! What can go wrong on request.

use std::fmt;

/// What a request can ask to go wrong: `/100/hello?fault=reset`.
///
/// All but [`Fault::ByteByByte`] end the connection, so that requests sent
/// after this one on the same connection get no answer.
///
/// ```
/// use delay_server::Fault;
/// let target = format!("/100/hello?fault={}", Fault::CloseInTheMiddle);
/// assert_eq!(target, "/100/hello?fault=close-in-the-middle");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// `byte-by-byte`: after the delay, the reply comes with each byte in a
    /// write of its own and [`BYTE_PAUSE`](crate::BYTE_PAUSE) between them.
    /// The reply is whole, and the connection can be used again.
    ByteByByte,
    /// `reset`: after the delay, the connection is reset (TCP's RST) instead
    /// of a reply. The client's read fails with `ConnectionReset`. Earlier
    /// replies that the client has not read yet may be lost with it.
    Reset,
    /// `never`: no reply comes, and the server keeps the connection open
    /// until the client ends its side. The delay plays no part.
    Never,
    /// `close-in-the-middle`: after the delay come the head and the first
    /// half of the body, rounded down; then the server ends the connection in
    /// order (TCP's FIN). A reply without a body, as to `HEAD`, is cut in the
    /// middle of its head instead.
    CloseInTheMiddle,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 4] = [
        Self::ByteByByte,
        Self::Reset,
        Self::Never,
        Self::CloseInTheMiddle,
    ];

    /// The name that stands in the target.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ByteByByte => "byte-by-byte",
            Self::Reset => "reset",
            Self::Never => "never",
            Self::CloseInTheMiddle => "close-in-the-middle",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
