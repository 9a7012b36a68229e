//! A client in one function, for tests and examples that need only a reply: it
//! blocks, and uses a connection once.

use crate::limits::{CHUNK, MAX_HEAD, MAX_HEADERS, MAX_SIZE};
use crate::request::{find, owned};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// What needs no encoding in a path: letters, digits and RFC 3986's other
/// unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A reply, from [`get`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The status code, such as 200.
    pub status: u16,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body, as long as its `Content-Length`.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The target that asks for `message` after `delay`, cut to whole
/// milliseconds. The message is percent-encoded.
///
/// ```
/// use std::time::Duration;
/// let target = delay_server::target(Duration::from_millis(250), "a/b? ü");
/// assert_eq!(target, "/250/a%2Fb%3F%20%C3%BC");
/// ```
pub fn target(delay: Duration, message: &str) -> String {
    let message = utf8_percent_encode(message, ENCODED);
    format!("/{}/{message}", delay.as_millis())
}

/// Asks a server for a target, and blocks until the reply is there or
/// `timeout` is over. The connection is made for it and closed after it.
///
/// ```
/// use delay_server::{DelayServer, get};
/// use std::time::Duration;
///
/// let server = DelayServer::start()?;
/// let reply = get(server.addr(), "/20/hello", Duration::from_secs(5))?;
/// assert_eq!((reply.status, reply.text().as_str()), (200, "hello"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// - `InvalidInput`: the target has bytes that aren't allowed in one, or the
///   timeout is zero;
/// - `TimedOut`: the reply was not complete in time;
/// - `UnexpectedEof`: the server ended the connection before that;
/// - `InvalidData`: what came is not an HTTP/1 reply with a
///   `Content-Length` of at most [`MAX_SIZE`];
/// - those of the connection, such as `ConnectionRefused` and
///   `ConnectionReset`.
pub fn get(
    addr: SocketAddr,
    target: &str,
    timeout: Duration,
) -> io::Result<Response> {
    if !target.bytes().all(|b| b.is_ascii_graphic()) || target.is_empty() {
        let what = format!("the target {target:?} has to be percent-encoded");
        return Err(io::Error::new(ErrorKind::InvalidInput, what));
    }
    let start = Instant::now();
    let mut stream = TcpStream::connect_timeout(&addr, timeout)?;
    stream.set_write_timeout(Some(timeout))?;
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).map_err(timed_out)?;
    let mut bytes = Vec::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        if let Some(response) = parse(&bytes)? {
            return Ok(response);
        }
        let left = timeout.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut chunk) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(timed_out(e)),
        }
    }
}

/// Unix calls the end of a socket's timeout `WouldBlock`.
fn timed_out(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::WouldBlock => ErrorKind::TimedOut.into(),
        _ => error,
    }
}

/// The reply, once all of it is there.
fn parse(bytes: &[u8]) -> io::Result<Option<Response>> {
    let invalid = |what| io::Error::new(ErrorKind::InvalidData, what);
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    let head = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() < MAX_HEAD + CHUNK => {
            return Ok(None);
        }
        Ok(httparse::Status::Partial) => {
            return Err(invalid("the head is too long".to_owned()));
        }
        Err(e) => return Err(invalid(format!("the head is not HTTP: {e}"))),
    };
    let headers = owned(parsed.headers);
    let length = find(&headers, "content-length")
        .and_then(|length| length.parse::<usize>().ok())
        .filter(|length| *length as u64 <= MAX_SIZE)
        .ok_or_else(|| invalid("no Content-Length within bounds".into()))?;
    let Some(body) = bytes.get(head..head + length) else {
        return Ok(None);
    };
    // It is there once the head is complete.
    let status = parsed.code.unwrap_or_default();
    Ok(Some(Response {
        status,
        headers,
        body: body.to_vec(),
    }))
}
