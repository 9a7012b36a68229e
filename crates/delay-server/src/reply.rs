//! One reply: which bytes, when, and what comes after them. The body is made
//! while it is sent, so that a client that does not read costs no memory.

use crate::fault::Fault;
use crate::limits::{BYTE_PAUSE, CHUNK};
use crate::rejection::{ALLOWED, METHOD_NOT_ALLOWED, Rejection};
use crate::wanted::Wanted;
use std::time::{Duration, Instant};

/// In every reply. Without it, a browser that has asked for the same page twice
/// sends the second request only after the first reply: it might be cached.
const NO_STORE: &str = "Cache-Control: no-store\r\n";

/// What happens to the connection after a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The next reply may follow.
    KeepAlive,
    /// The server ends its side, and reads what still comes, for a while.
    Close,
    /// The server resets the connection.
    Reset,
    /// Nothing happens until the client ends its side.
    Never,
}

/// One reply in a connection's queue.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The next byte must not be sent before this time.
    pub(crate) due: Instant,
    /// What comes after the last byte.
    pub(crate) ending: Ending,
    /// The status line, the headers and the empty line.
    head: Vec<u8>,
    /// What the body repeats. Empty only if nothing has to be repeated.
    message: Vec<u8>,
    /// How many bytes of head and body together are to be sent.
    length: u64,
    /// How many of them have been sent.
    sent: u64,
    /// The time between two bytes, where each has its own write.
    pace: Option<Duration>,
}

impl Reply {
    /// The reply to a request that asks for `wanted` and was read at
    /// `arrived`. `head_only` is for `HEAD`.
    pub(crate) fn new(
        wanted: Wanted,
        arrived: Instant,
        keep_alive: bool,
        head_only: bool,
    ) -> Self {
        let content_type = match std::str::from_utf8(&wanted.message) {
            Ok(_) => "text/plain; charset=utf-8",
            Err(_) => "application/octet-stream",
        };
        let ending = match wanted.fault {
            Some(Fault::Reset) => Ending::Reset,
            Some(Fault::Never) => Ending::Never,
            Some(Fault::CloseInTheMiddle) => Ending::Close,
            _ if keep_alive => Ending::KeepAlive,
            _ => Ending::Close,
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\
             Content-Type: {content_type}\r\n{NO_STORE}\
             Connection: {}\r\n\r\n",
            wanted.size,
            word(keep_alive)
        );
        let head_length = head.len() as u64;
        let body_length = if head_only { 0 } else { wanted.size };
        let length = match wanted.fault {
            Some(Fault::Reset | Fault::Never) => 0,
            Some(Fault::CloseInTheMiddle) if body_length == 0 => {
                head_length / 2
            }
            Some(Fault::CloseInTheMiddle) => head_length + body_length / 2,
            _ => head_length + body_length,
        };
        let never = wanted.fault == Some(Fault::Never);
        Self {
            due: if never {
                arrived
            } else {
                arrived + wanted.delay
            },
            ending,
            head: head.into_bytes(),
            message: wanted.message,
            length,
            sent: 0,
            pace: (wanted.fault == Some(Fault::ByteByByte))
                .then_some(BYTE_PAUSE),
        }
    }

    /// The reply to a request that is rejected.
    pub(crate) fn rejection(
        rejection: Rejection,
        now: Instant,
        keep_alive: bool,
        head_only: bool,
    ) -> Self {
        let message = format!("{}\n", rejection.reason).into_bytes();
        let mut head = format!(
            "HTTP/1.1 {}\r\nContent-Length: {}\r\n\
             Content-Type: text/plain; charset=utf-8\r\n{NO_STORE}\
             Connection: {}\r\n",
            rejection.status,
            message.len(),
            word(keep_alive)
        );
        if rejection.status == METHOD_NOT_ALLOWED {
            head += &format!("Allow: {ALLOWED}\r\n");
        }
        head += "\r\n";
        let ending = if keep_alive {
            Ending::KeepAlive
        } else {
            Ending::Close
        };
        let body = if head_only { 0 } else { message.len() };
        let length = (head.len() + body) as u64;
        Self {
            message,
            ..Self::plain(now, ending, head.into_bytes(), length)
        }
    }

    /// Tells a client to send the body. It is not an answer: the answer
    /// follows.
    pub(crate) fn go_on(now: Instant) -> Self {
        let head = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
        let length = head.len() as u64;
        Self::plain(now, Ending::KeepAlive, head, length)
    }

    /// A reply without a body.
    fn plain(due: Instant, ending: Ending, head: Vec<u8>, length: u64) -> Self {
        let message = Vec::new();
        Self {
            due,
            ending,
            head,
            message,
            length,
            sent: 0,
            pace: None,
        }
    }

    /// Whether there is nothing left to send.
    pub(crate) fn is_sent(&self) -> bool {
        self.sent == self.length
    }

    /// Puts the next bytes to send into `chunk`: at most `CHUNK`, one where
    /// each has its own write.
    pub(crate) fn fill(&self, chunk: &mut Vec<u8>) {
        chunk.clear();
        let most = if self.pace.is_some() { 1 } else { CHUNK as u64 };
        // At most CHUNK, so it fits.
        let count = (self.length - self.sent).min(most) as usize;
        let head_length = self.head.len() as u64;
        if self.sent < head_length {
            // Less than the head's length, so it fits.
            let head = &self.head[self.sent as usize..];
            chunk.extend_from_slice(&head[..head.len().min(count)]);
        }
        if chunk.len() == count || self.message.is_empty() {
            return;
        }
        let place = (self.sent + chunk.len() as u64 - head_length)
            % self.message.len() as u64;
        // Less than the message's length, so it fits.
        let (before, after) = self.message.split_at(place as usize);
        let start = chunk.len();
        chunk.extend_from_slice(after);
        chunk.extend_from_slice(before);
        while chunk.len() < count {
            // All there is of the body so far, or less: whole messages.
            let more = (count - chunk.len()).min(chunk.len() - start);
            chunk.extend_from_within(start..start + more);
        }
        chunk.truncate(count);
    }

    /// `count` more bytes were sent, at `now`.
    pub(crate) fn advance(&mut self, count: usize, now: Instant) {
        self.sent += count as u64;
        if let Some(pace) = self.pace
            && !self.is_sent()
        {
            self.due = now + pace;
        }
    }
}

/// The value of the `Connection` header.
fn word(keep_alive: bool) -> &'static str {
    if keep_alive { "keep-alive" } else { "close" }
}

#[cfg(test)]
mod tests {
    //! Chunks put together again are the reply.

    use super::*;

    fn all_of(mut reply: Reply, step: usize) -> Vec<u8> {
        let (mut all, mut chunk) = (Vec::new(), Vec::new());
        while !reply.is_sent() {
            reply.fill(&mut chunk);
            assert!(!chunk.is_empty() && chunk.len() <= CHUNK);
            let n = chunk.len().min(step);
            all.extend_from_slice(&chunk[..n]);
            reply.advance(n, Instant::now());
        }
        all
    }

    fn reply(target: &str, head_only: bool) -> Reply {
        let wanted = Wanted::new("GET", target).unwrap();
        Reply::new(wanted, Instant::now(), true, head_only)
    }

    #[test]
    fn short_writes_do_not_change_the_bytes() {
        for (size, steps) in [(40_000, [999, 16_383]), (40, [1, 3])] {
            let target = format!("/0/abcdefg?size={size}");
            let whole = all_of(reply(&target, false), usize::MAX);
            let end = whole.windows(4).position(|w| w == b"\r\n\r\n");
            let body = &whole[end.unwrap() + 4..];
            assert_eq!(body.len(), size);
            assert!(body.iter().eq(b"abcdefg".iter().cycle().take(size)));
            for step in steps {
                let pieces = all_of(reply(&target, false), step);
                assert_eq!(pieces, whole, "{step}");
            }
        }
    }

    #[test]
    fn half_is_never_whole() {
        for target in ["/0/", "/0/a", "/0/ab", "/0/abc"] {
            for head_only in [false, true] {
                let cut = format!("{target}?fault=close-in-the-middle");
                let cut = all_of(reply(&cut, head_only), usize::MAX);
                let whole = all_of(reply(target, head_only), usize::MAX);
                assert!(cut.len() < whole.len(), "{target} {head_only}");
                assert!(whole.starts_with(&cut));
            }
        }
    }
}
