//! From bytes to a request. No sockets and no clock: everything here is a
//! function of its bytes.
//!
//! There are two kinds of mistakes. After one in the *framing*, the start of
//! the next request is unknown, so [`parse_head`] rejects and the connection
//! ends. After one in the *meaning* (`wanted.rs`) it stays open.

use crate::limits::{MAX_BODY, MAX_HEAD, MAX_HEADERS};
use crate::rejection::{
    ALLOWED, BAD_REQUEST, METHOD_NOT_ALLOWED, Rejection, quoted, reject,
};
use std::time::Instant;

/// A request that a [`DelayServer`](crate::DelayServer) has read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Which connection it came on: 1 for the first that the server has
    /// accepted, and so on.
    pub connection: u64,
    /// The method, such as `GET`.
    pub method: String,
    /// The target as it was sent, still percent-encoded.
    pub target: String,
    /// The headers in their order, each name as it was sent. A value that is
    /// not UTF-8 has replacement characters in it.
    pub headers: Vec<(String, String)>,
    /// When the server had read all of it. The delay counts from here.
    pub arrived: Instant,
}

impl Request {
    /// The first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

/// The first header of this name, in whatever case.
pub(crate) fn find<'a>(
    headers: &'a [(String, String)],
    name: &str,
) -> Option<&'a str> {
    let mut all = headers.iter();
    all.find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, v)| &**v)
}

/// Headers as a list that outlives the bytes they were read from.
pub(crate) fn owned(headers: &[httparse::Header<'_>]) -> Vec<(String, String)> {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    headers
        .iter()
        .map(|h| (h.name.to_owned(), text(h.value)))
        .collect()
}

/// What the start line and the headers of a request say.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    /// How many bytes of body follow.
    pub(crate) body: u64,
    /// Whether the client wants to send more requests on this connection.
    pub(crate) keep_alive: bool,
    /// Whether the client waits for a 100 before it sends the body.
    pub(crate) expects_continue: bool,
}

/// Looks for a whole request head at the start of `bytes`, and returns it
/// with its length; `None` when more bytes are needed.
///
/// A line may end in LF alone. That is what RFC 9112 allows a recipient to
/// tolerate, and what people type.
pub(crate) fn parse_head(
    bytes: &[u8],
) -> Result<Option<(Head, usize)>, Rejection> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length <= MAX_HEAD => {
            Ok(Some((head(&parsed)?, length)))
        }
        Ok(httparse::Status::Partial) if bytes.len() < MAX_HEAD => Ok(None),
        Ok(_) => too_long(bytes),
        Err(error) => malformed(error, bytes),
    }
}

/// The reply to a head of more than `MAX_HEAD` bytes.
fn too_long<T>(bytes: &[u8]) -> Result<T, Rejection> {
    let bytes = &bytes[..bytes.len().min(MAX_HEAD)];
    if bytes.contains(&b'\n') {
        return reject(
            "431 Request Header Fields Too Large",
            format!(
                "the request line and headers are more than {MAX_HEAD} bytes"
            ),
        );
    }
    reject(
        "414 URI Too Long",
        format!("the request line is more than {MAX_HEAD} bytes"),
    )
}

/// The reply to what httparse does not take.
fn malformed<T>(error: httparse::Error, bytes: &[u8]) -> Result<T, Rejection> {
    use httparse::Error;
    let what = match error {
        Error::TooManyHeaders => {
            return reject(
                "431 Request Header Fields Too Large",
                format!("there are more than {MAX_HEADERS} headers"),
            );
        }
        Error::Version => return bad_version(bytes),
        Error::HeaderName => {
            "a header's name is empty or has a byte in it that is not allowed; \
             write `Name: value`, without a space before the colon"
        }
        Error::HeaderValue => "a header's value has a control character in it",
        Error::NewLine => "a carriage return stands without a line feed",
        Error::Token | Error::Status => {
            "the request line is not `METHOD /target HTTP/1.1`"
        }
    };
    reject(BAD_REQUEST, what)
}

/// The reply to a third word of the request line that is not `HTTP/1.0` or
/// `HTTP/1.1`.
fn bad_version<T>(bytes: &[u8]) -> Result<T, Rejection> {
    let start = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
    let line = bytes[start.count()..].split(|b| *b == b'\n').next();
    let line = line.unwrap_or_default().trim_ascii_end();
    let version = line.rsplit(|b| *b == b' ').next().unwrap_or_default();
    match version.strip_prefix(b"HTTP/") {
        Some(number) if number.first().is_some_and(u8::is_ascii_digit) => {
            reject(
                "505 HTTP Version Not Supported",
                format!(
                    "the version is {}; HTTP/1.1 and HTTP/1.0 are supported",
                    quoted(&String::from_utf8_lossy(version))
                ),
            )
        }
        _ => reject(
            BAD_REQUEST,
            "the request line does not end in HTTP/1.1 or HTTP/1.0",
        ),
    }
}

/// What httparse has taken, checked for what HTTP asks of it.
fn head(parsed: &httparse::Request<'_, '_>) -> Result<Head, Rejection> {
    // All three are there once the parse is complete.
    let method = parsed.method.unwrap_or_default().to_owned();
    let target = parsed.path.unwrap_or_default().to_owned();
    let http_1_1 = parsed.version == Some(1);
    let headers = owned(parsed.headers);

    let hosts = all(&headers, "host").count();
    if hosts > 1 || (http_1_1 && hosts == 0) {
        return reject(
            BAD_REQUEST,
            format!("there are {hosts} Host headers; HTTP/1.1 wants one"),
        );
    }
    let connection = tokens(&headers, "connection");
    let says = |word| connection.iter().any(|t| t.eq_ignore_ascii_case(word));
    let keep_alive = !says("close") && (http_1_1 || says("keep-alive"));
    let body = body_length(&method, &headers)?;
    let expects_continue = match find(&headers, "expect") {
        Some(what) if what.eq_ignore_ascii_case("100-continue") => {
            http_1_1 && body > 0
        }
        Some(what) => {
            return reject(
                "417 Expectation Failed",
                format!("Expect is {}; 100-continue is allowed", quoted(what)),
            );
        }
        None => false,
    };
    Ok(Head {
        method,
        target,
        headers,
        body,
        keep_alive,
        expects_continue,
    })
}

/// The values of all headers of this name.
fn all<'a>(
    headers: &'a [(String, String)],
    name: &'a str,
) -> impl Iterator<Item = &'a str> {
    let same = move |(n, _): &&(String, String)| n.eq_ignore_ascii_case(name);
    headers.iter().filter(same).map(|(_, value)| &**value)
}

/// The comma-separated words of all headers of this name.
fn tokens<'a>(headers: &'a [(String, String)], name: &'a str) -> Vec<&'a str> {
    all(headers, name)
        .flat_map(|v| v.split(','))
        .map(str::trim)
        .collect()
}

/// How many bytes of body follow the head.
fn body_length(
    method: &str,
    headers: &[(String, String)],
) -> Result<u64, Rejection> {
    if let Some(coding) = find(headers, "transfer-encoding") {
        check_method(method)?;
        return reject(
            "411 Length Required",
            format!(
                "Transfer-Encoding is {}; a body needs a Content-Length here",
                quoted(coding)
            ),
        );
    }
    let mut lengths = all(headers, "content-length");
    let Some(length) = lengths.next() else {
        return Ok(0);
    };
    if lengths.next().is_some() {
        return reject(BAD_REQUEST, "Content-Length is there twice");
    }
    match whole_number(length) {
        None => reject(
            BAD_REQUEST,
            format!("Content-Length is {}, not a whole number", quoted(length)),
        ),
        Some(n) if n > MAX_BODY => reject(
            "413 Content Too Large",
            format!("the body is {length} bytes; at most {MAX_BODY} allowed"),
        ),
        Some(n) => Ok(n),
    }
}

/// A number of decimal digits only, saturated; `str::parse` would take a sign.
pub(crate) fn whole_number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Digits only: what fails now is too large.
    Some(text.parse().unwrap_or(u64::MAX))
}

/// Refuses every method but those in [`ALLOWED`].
pub(crate) fn check_method(method: &str) -> Result<(), Rejection> {
    if matches!(method, "GET" | "HEAD") {
        return Ok(());
    }
    reject(
        METHOD_NOT_ALLOWED,
        format!("the method is {}; allowed: {ALLOWED}", quoted(method)),
    )
}

#[cfg(test)]
mod tests {
    //! What is read out of a request; the replies are tested over sockets.

    use super::*;

    #[test]
    fn a_head_is_complete_with_its_empty_line_and_not_before() {
        let text = b"GET /1/m HTTP/1.1\r\nHost: x\r\n\r\n";
        for end in 0..text.len() {
            assert!(parse_head(&text[..end]).unwrap().is_none(), "{end}");
        }
        let (head, length) = parse_head(text).unwrap().unwrap();
        assert_eq!((length, head.body, head.keep_alive), (text.len(), 0, true));
    }

    #[test]
    fn keep_alive_is_the_default_of_1_1_and_a_choice_of_1_0() {
        for (version, connection, keep_alive) in [
            ("1.1", "Via: a", true),
            ("1.1", "Connection: close", false),
            ("1.1", "connection: Keep-Alive, CLOSE", false),
            ("1.1", "Connection: a\r\nConnection: close", false),
            ("1.1", "Connection: keep-alive", true),
            ("1.0", "Via: a", false),
            ("1.0", "Connection: Keep-Alive", true),
        ] {
            let text = format!(
                "GET /1/m HTTP/{version}\r\nHost: x\r\n{connection}\r\n\r\n"
            );
            let (head, _) = parse_head(text.as_bytes()).unwrap().unwrap();
            assert_eq!(head.keep_alive, keep_alive, "{text}");
        }
    }
}
