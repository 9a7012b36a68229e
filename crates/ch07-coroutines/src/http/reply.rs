//! The bytes of an HTTP reply: are they all there, and what do they say?
//!
//! It leaves out chunked bodies: a reply has to say its `Content-Length`.

use std::io::{self, ErrorKind};

/// The longest head of a reply, in bytes.
pub const MAX_HEAD: usize = 16 * 1024;

/// The longest body of a reply, in bytes.
pub const MAX_BODY: usize = 64 * 1024 * 1024;

/// A reply that is complete.
#[derive(Debug)]
pub(super) struct Reply {
    /// The body, if the status is 200.
    pub(super) text: io::Result<String>,
    /// The connection can be used for another request.
    pub(super) stays_open: bool,
}

/// What the head says.
struct Head {
    status: u16,
    length: usize,
    close: bool,
}

// ANCHOR: parse
/// The reply that `bytes` begins with; `None` if some of it is missing.
pub(super) fn parse(bytes: &[u8]) -> io::Result<Option<Reply>> {
    let searched = &bytes[..bytes.len().min(MAX_HEAD)];
    let Some(end) = searched.windows(4).position(|four| four == b"\r\n\r\n")
    else {
        if bytes.len() >= MAX_HEAD {
            return Err(invalid("the head is too long"));
        }
        return Ok(None);
    };
    let head = head(&bytes[..end])?;
    let body = &bytes[end + 4..];
    if body.len() < head.length {
        return Ok(None);
    }
    let text = str::from_utf8(&body[..head.length])
        .map_err(|_| invalid("the body is not in UTF-8"))?;
    let text = match head.status {
        200 => Ok(text.to_owned()),
        status => Err(io::Error::other(format!("{status}: {text}"))),
    };
    // Bytes that belong to no request: nothing after them can be trusted.
    let stays_open = !head.close && body.len() == head.length;
    Ok(Some(Reply { text, stays_open }))
}
// ANCHOR_END: parse

fn head(bytes: &[u8]) -> io::Result<Head> {
    let head = str::from_utf8(bytes)
        .map_err(|_| invalid("the head is not in UTF-8"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    let (status, old) = status_line(status)?;
    let mut close = old; // HTTP/1.0 closes if it does not say otherwise
    let mut length = None;
    for line in lines {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| invalid("a header has no colon"))?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            let number = number(value)?;
            if length.is_some_and(|length| length != number) {
                return Err(invalid("two different lengths"));
            }
            length = Some(number);
        } else if name.eq_ignore_ascii_case("connection") {
            close = value.eq_ignore_ascii_case("close");
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(invalid("the body is in pieces: not supported"));
        }
    }
    let length = length.ok_or_else(|| invalid("no Content-Length"))?;
    Ok(Head {
        status,
        length,
        close,
    })
}

/// The status, and whether the protocol is HTTP/1.0.
fn status_line(line: &str) -> io::Result<(u16, bool)> {
    let mut words = line.split(' ');
    let old = match words.next() {
        Some("HTTP/1.1") => false,
        Some("HTTP/1.0") => true,
        _ => return Err(invalid("it does not begin with HTTP/1.1")),
    };
    let status = words.next().unwrap_or_default();
    if status.len() != 3 || !status.bytes().all(|b| b.is_ascii_digit()) {
        return Err(invalid("the status is not a number of three digits"));
    }
    status
        .parse()
        .map(|status| (status, old))
        .map_err(|_| invalid("the status is not a number"))
}

fn number(text: &str) -> io::Result<usize> {
    // `parse` alone would take "+5".
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number
        .filter(|length| *length <= MAX_BODY)
        .ok_or_else(|| invalid("the length is not a number, or too large"))
}

fn invalid(why: &str) -> io::Error {
    let text = format!("the reply is not usable: {why}");
    io::Error::new(ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &str) -> io::Result<Option<Reply>> {
        parse(bytes.as_bytes())
    }

    #[test]
    fn every_part_of_a_reply_is_incomplete_and_the_whole_is_not() {
        let whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        for cut in 0..whole.len() {
            let part = text(&whole[..cut]).expect("it is a beginning");
            assert!(part.is_none(), "{cut} bytes are not the whole");
        }
        let reply = text(whole).expect("it is right").expect("it is whole");
        assert_eq!(reply.text.expect("200"), "hello");
        assert!(reply.stays_open);
    }

    #[test]
    fn a_connection_with_bytes_left_over_is_not_used_again() {
        let reply = text("HTTP/1.1 200 OK\r\ncontent-length:1\r\n\r\nab");
        let reply = reply.expect("it is right").expect("it is whole");
        assert_eq!(reply.text.expect("200"), "a");
        assert!(!reply.stays_open);
    }

    #[test]
    fn close_and_http_1_0_end_the_connection() {
        for (head, stays) in [
            ("HTTP/1.1 200 OK\r\nConnection: close", false),
            ("HTTP/1.0 200 OK", false),
            ("HTTP/1.0 200 OK\r\nConnection: keep-alive", true),
        ] {
            let reply = text(&format!("{head}\r\nContent-Length: 0\r\n\r\n"));
            let reply = reply.expect("it is right").expect("it is whole");
            assert_eq!(reply.stays_open, stays, "{head}");
        }
    }

    #[test]
    fn another_status_is_an_error_with_the_body_in_it() {
        let reply = text("HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone");
        let reply = reply.expect("it is right").expect("it is whole");
        let error = reply.text.expect_err("404");
        assert_eq!(error.to_string(), "404: gone");
        assert!(reply.stays_open);
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        let long = "x".repeat(MAX_HEAD);
        let large = MAX_BODY + 1;
        for bad in [
            "SSH-2.0-OpenSSH\r\n\r\n",
            "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
            "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            &format!("HTTP/1.1 200 OK\r\nContent-Length: {large}\r\n\r\n"),
            &long,
        ] {
            let error = text(bad).expect_err(bad);
            assert_eq!(error.kind(), ErrorKind::InvalidData, "{bad}");
        }
    }
}
