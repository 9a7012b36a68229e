//! From bytes to a request, and from a request to what it asks for. No
//! sockets and no clock: everything here is a function of its bytes.
//!
//! Two kinds of mistakes are told apart. After one in the *framing* nobody
//! knows where the next request starts, so [`parse_head`] rejects and the
//! connection ends. After one in the *meaning* ([`Wanted::new`]) it stays.

use crate::fault::Fault;
use crate::limits::{MAX_BODY, MAX_DELAY, MAX_HEAD, MAX_HEADERS, MAX_SIZE};
use std::borrow::Cow;
use std::time::{Duration, Instant};

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

/// A reply other than 200: which one, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// The status line without the version, such as `400 Bad Request`.
    pub(crate) status: &'static str,
    /// What was wrong and what is allowed, for the person who reads it.
    pub(crate) reason: String,
}

/// The most common one.
pub(crate) const BAD_REQUEST: &str = "400 Bad Request";
/// Goes with an `Allow` header.
pub(crate) const METHOD_NOT_ALLOWED: &str = "405 Method Not Allowed";

/// The methods that are answered, as in an `Allow` header.
pub(crate) const ALLOWED: &str = "GET, HEAD";

/// A rejection as the error of any function here.
fn reject<T>(
    status: &'static str,
    reason: impl Into<String>,
) -> Result<T, Rejection> {
    Err(Rejection {
        status,
        reason: reason.into(),
    })
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
fn whole_number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Digits only: what fails now is too large.
    Some(text.parse().unwrap_or(u64::MAX))
}

/// Refuses every method but those in [`ALLOWED`].
fn check_method(method: &str) -> Result<(), Rejection> {
    if matches!(method, "GET" | "HEAD") {
        return Ok(());
    }
    reject(
        METHOD_NOT_ALLOWED,
        format!("the method is {}; allowed: {ALLOWED}", quoted(method)),
    )
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// How long to wait before the reply.
    pub(crate) delay: Duration,
    /// The message, percent-decoded; not necessarily UTF-8.
    pub(crate) message: Vec<u8>,
    /// The length of the body: the message is repeated and cut to it.
    pub(crate) size: u64,
    /// What is to go wrong.
    pub(crate) fault: Option<Fault>,
}

impl Wanted {
    /// Reads the meaning of a request out of its method and target.
    pub(crate) fn new(method: &str, target: &str) -> Result<Self, Rejection> {
        check_method(method)?;
        let path = path_of(target)?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let Some((delay, message)) = path[1..].split_once('/') else {
            return reject(
                BAD_REQUEST,
                format!(
                    "the path is {}; write /{{delay in ms}}/{{message}}, \
                     for example /250/hello",
                    quoted(path)
                ),
            );
        };
        let delay = parse_delay(delay)?;
        let message = percent_decode(message)?;
        let (fault, size) = parse_query(query)?;
        let length = message.len() as u64;
        if message.is_empty() && size.is_some_and(|size| size > 0) {
            return reject(BAD_REQUEST, "size needs a message to repeat");
        }
        Ok(Self {
            delay,
            message,
            size: size.unwrap_or(length),
            fault,
        })
    }
}

/// The target without `http://host`, which is how a proxy's clients ask.
fn path_of(target: &str) -> Result<&str, Rejection> {
    let path = match target.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => {
            rest.find(['/', '?']).map(|end| &rest[end..])
        }
        _ => Some(target),
    };
    match path.filter(|path| path.starts_with('/')) {
        Some(path) => Ok(path),
        None => reject(
            BAD_REQUEST,
            format!(
                "the target is {}; write /{{delay in ms}}/{{message}}",
                quoted(target)
            ),
        ),
    }
}

/// The first part of the path.
fn parse_delay(text: &str) -> Result<Duration, Rejection> {
    let most = MAX_DELAY.as_millis();
    match whole_number(text) {
        Some(ms) if u128::from(ms) <= most => Ok(Duration::from_millis(ms)),
        Some(_) => reject(
            BAD_REQUEST,
            format!("the delay is {} ms; at most {most}", shortened(text)),
        ),
        None => reject(
            BAD_REQUEST,
            format!(
                "the delay is {}, not a whole number of milliseconds; \
                 allowed: 0 to {most}",
                quoted(text)
            ),
        ),
    }
}

/// The part after the question mark.
fn parse_query(query: &str) -> Result<(Option<Fault>, Option<u64>), Rejection> {
    let (mut fault, mut size) = (None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let twice = match name {
            "fault" => fault.replace(parse_fault(value)?).is_some(),
            "size" => size.replace(parse_size(value)?).is_some(),
            _ => {
                return reject(
                    BAD_REQUEST,
                    format!(
                        "the parameter {} is not known; allowed: fault, size",
                        quoted(name)
                    ),
                );
            }
        };
        if twice {
            return reject(BAD_REQUEST, format!("{name} is there twice"));
        }
    }
    Ok((fault, size))
}

/// The value of `fault`.
fn parse_fault(value: &str) -> Result<Fault, Rejection> {
    match Fault::ALL.iter().find(|fault| fault.name() == value) {
        Some(fault) => Ok(*fault),
        None => {
            let names = Fault::ALL.map(Fault::name).join(", ");
            reject(
                BAD_REQUEST,
                format!("fault is {}; allowed: {names}", quoted(value)),
            )
        }
    }
}

/// The value of `size`.
fn parse_size(value: &str) -> Result<u64, Rejection> {
    match whole_number(value).filter(|size| *size <= MAX_SIZE) {
        Some(size) => Ok(size),
        None => reject(
            BAD_REQUEST,
            format!(
                "size is {}; allowed: a number of bytes, 0 to {MAX_SIZE}",
                quoted(value)
            ),
        ),
    }
}

/// The bytes that percent-encoded text stands for. The crate's decoder leaves
/// a `%` that two hexadecimal digits do not follow as it is; here it is wrong.
fn percent_decode(text: &str) -> Result<Vec<u8>, Rejection> {
    for after in text.split('%').skip(1) {
        let digits = after.bytes().take(2).filter(u8::is_ascii_hexdigit);
        if digits.count() < 2 {
            return reject(
                BAD_REQUEST,
                format!(
                    "{} is not percent-encoding; write %25 for a percent sign",
                    quoted(&format!("%{after}"))
                ),
            );
        }
    }
    let bytes = Cow::from(percent_encoding::percent_decode_str(text));
    Ok(bytes.into_owned())
}

/// Text of the client's for a message to it: on one line, in quotes, short.
fn quoted(text: &str) -> String {
    format!("{:?}", shortened(text))
}

/// At most 40 characters of the text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    //! What is read out of a request; the replies are tested over sockets.

    use super::*;

    fn get(target: &str) -> Result<Wanted, String> {
        Wanted::new("GET", target).map_err(|rejection| rejection.reason)
    }

    #[test]
    fn a_target_says_delay_message_fault_and_size() {
        let wanted = get("/250/hello?fault=reset&size=7").unwrap();
        assert_eq!(wanted.delay, Duration::from_millis(250));
        assert_eq!(wanted.message, b"hello");
        assert_eq!((wanted.fault, wanted.size), (Some(Fault::Reset), 7));
    }

    #[test]
    fn a_message_may_be_empty_have_slashes_and_be_any_bytes() {
        for (target, message) in [
            ("/0/", &b""[..]),
            ("/0/a/b//c", b"a/b//c"),
            ("/0/%41%2f%3F%25", b"A/?%"),
            ("/0/%ff%00", b"\xff\0"),
            ("/0/gr%C3%BC%C3%9Fe", "grüße".as_bytes()),
            ("/0/a+b", b"a+b"),
            ("http://x:80/0/m", b"m"),
            ("HTTP://x/0/m?", b"m"),
            ("/0/a://b", b"a://b"),
            ("/60000/m", b"m"),
            ("/00000000000000000000000/m", b"m"),
        ] {
            assert_eq!(get(target).unwrap().message, message, "{target}");
        }
    }

    #[test]
    fn each_mistake_is_named_with_what_is_allowed() {
        for (target, parts) in [
            ("/", ["\"/\"", "/{delay in ms}/{message}"]),
            ("/5", ["\"/5\"", "/{delay in ms}/{message}"]),
            ("*", ["\"*\"", "/{delay in ms}/{message}"]),
            ("https://x/1/m", ["https", "/{delay in ms}/{message}"]),
            ("http://x?a/1/m", ["http://x?a", "/{delay in ms}/{message}"]),
            ("http://x", ["http://x", "/{delay in ms}/{message}"]),
            ("//m", ["delay is \"\"", "0 to 60000"]),
            ("/-1/m", ["\"-1\"", "0 to 60000"]),
            ("/+1/m", ["\"+1\"", "0 to 60000"]),
            ("/1.5/m", ["\"1.5\"", "whole number"]),
            ("/60001/m", ["60001 ms", "60000"]),
            ("/99999999999999999999999/m", ["9999 ms", "60000"]),
            ("/1/%", ["\"%\"", "%25"]),
            ("/1/a%4", ["\"%4\"", "%25"]),
            ("/1/%zz", ["\"%zz\"", "%25"]),
            ("/1/%é", ["\"%é\"", "%25"]),
            ("/1/m?fault=x", ["\"x\"", "byte-by-byte, reset, never"]),
            ("/1/m?fault", ["\"\"", "close-in-the-middle"]),
            ("/1/m?speed=1", ["\"speed\"", "fault, size"]),
            ("/1/m?size=-1", ["\"-1\"", "67108864"]),
            ("/1/m?size=67108865", ["67108865", "67108864"]),
            ("/1/m?size=1&size=1", ["size", "twice"]),
            ("/1/?size=1", ["size", "message"]),
        ] {
            let reason = get(target).expect_err(target);
            for part in parts {
                assert!(reason.contains(part), "{target}: {reason}");
            }
        }
    }

    #[test]
    fn what_is_quoted_is_short_and_on_one_line() {
        let reason = get(&format!("/{}/m", "é\u{1}".repeat(500))).unwrap_err();
        assert!(reason.len() < 400, "{reason}");
        assert!(!reason.contains('\u{1}'), "{reason}");
    }

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
