//! Faults that a client can ask for.

use std::fmt;

/// A fault that a request asks for: `/100/hello?fault=reset`.
///
/// All but [`Fault::ByteByByte`] end the connection, so that later requests on
/// it get no answer.
///
/// ```
/// use delay_server::Fault;
/// let target = format!("/100/hello?fault={}", Fault::CloseInTheMiddle);
/// assert_eq!(target, "/100/hello?fault=close-in-the-middle");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// `byte-by-byte`: after the delay, each byte of the reply is written by
    /// itself, with [`BYTE_PAUSE`](crate::BYTE_PAUSE) between them. The reply
    /// is complete, and the connection can be used again.
    ByteByByte,
    /// `reset`: after the delay, the connection is reset (TCP's RST) and there
    /// is no reply. The client's read fails with `ConnectionReset`. Earlier
    /// replies that the client has not read yet may be lost.
    Reset,
    /// `never`: no reply comes, and the server keeps the connection open
    /// until the client ends its side. The delay plays no part.
    Never,
    /// `close-in-the-middle`: after the delay, the server sends the head and
    /// the first half of the body, rounded down, and then closes the connection
    /// normally (TCP's FIN). A reply without a body, as to `HEAD`, is cut in
    /// the middle of its head.
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

    /// Its name in the target.
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
