//! Every number that bounds what a client can ask of the server or make it
//! keep.

use std::time::Duration;

/// The longest delay that a request may ask for: 60,000 ms.
pub const MAX_DELAY: Duration = Duration::from_millis(60_000);

/// The longest request line and headers together, in bytes: 8 KiB. More gets
/// a 431, or a 414 where the request line alone is too long.
pub const MAX_HEAD: usize = 8 * 1024;

/// The most headers of one request. More gets a 431.
pub const MAX_HEADERS: usize = 64;

/// The longest request body, in bytes: 64 MiB. More gets a 413. Bodies are
/// read and thrown away.
pub const MAX_BODY: u64 = 64 * 1024 * 1024;

/// The largest reply that `size` can ask for, in bytes: 64 MiB. It is made
/// while it is sent, not kept.
pub const MAX_SIZE: u64 = 64 * 1024 * 1024;

/// The most requests of one connection that wait for their answers. The
/// server reads the next one when the first of these is answered.
pub const MAX_PIPELINED: usize = 32;

/// The time between two bytes of a reply with the fault `byte-by-byte`: 1 ms.
pub const BYTE_PAUSE: Duration = Duration::from_millis(1);

/// How many requests a server keeps for
/// [`DelayServer::requests`](crate::DelayServer::requests) unless told
/// otherwise: the first 10,000.
pub const RECORD_LIMIT: usize = 10_000;

/// How long the server keeps reading after the last reply of a connection.
/// Closing a socket with unread bytes sends a reset, which can destroy the
/// reply before the client has read it.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// How long the server pauses after it could not accept. A connection that
/// closes ends the pause early.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a socket is ignored that keeps reporting a hang-up while nothing
/// can be read from it or written to it.
pub(crate) const HANGUP_PAUSE: Duration = Duration::from_millis(20);

/// Bytes read from or written to a socket at once.
pub(crate) const CHUNK: usize = 16 * 1024;

/// How many bytes of answers the kernel is asked to keep for a client that does
/// not read them; Linux keeps twice as many. By default it would keep megabytes
/// for each, and a thousand such clients would use up all the memory that the
/// machine has for TCP.
pub(crate) const SEND_BUFFER: i32 = 128 * 1024;

/// How many writes or accepts there are in a row before the others have their
/// turn. A write of a whole chunk is a turn, too.
pub(crate) const TURN: usize = 16;
