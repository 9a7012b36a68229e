//! From a request to what it asks for: a function of its method and target.

use crate::fault::Fault;
use crate::limits::{MAX_DELAY, MAX_SIZE};
use crate::rejection::{BAD_REQUEST, Rejection, quoted, reject, shortened};
use crate::request::{check_method, whole_number};
use std::borrow::Cow;
use std::time::Duration;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// How long to wait before the reply.
    pub(crate) delay: Duration,
    /// The message, percent-decoded; not necessarily UTF-8.
    pub(crate) message: Vec<u8>,
    /// The length of the body: the message is repeated and cut to it.
    pub(crate) size: u64,
    /// The fault that was asked for.
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

/// Decodes percent-encoded text. The crate's decoder ignores a `%` that is not
/// followed by two hexadecimal digits; here it is an error.
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

#[cfg(test)]
mod tests {
    //! What is read out of a target; the replies are tested over sockets.

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
}
