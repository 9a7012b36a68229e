//! Why a request is rejected: a status, and a reason for a human reader.

/// A reply other than 200: which one, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// The status line without the version, such as `400 Bad Request`.
    pub(crate) status: &'static str,
    /// What was wrong and what is allowed, for a human reader.
    pub(crate) reason: String,
}

/// The most common one.
pub(crate) const BAD_REQUEST: &str = "400 Bad Request";
/// Goes with an `Allow` header.
pub(crate) const METHOD_NOT_ALLOWED: &str = "405 Method Not Allowed";

/// The methods that are answered, as in an `Allow` header.
pub(crate) const ALLOWED: &str = "GET, HEAD";

/// A rejection as the error of a function.
pub(crate) fn reject<T>(
    status: &'static str,
    reason: impl Into<String>,
) -> Result<T, Rejection> {
    Err(Rejection {
        status,
        reason: reason.into(),
    })
}

/// The client's own text, for a message to it: on one line, quoted, short.
pub(crate) fn quoted(text: &str) -> String {
    format!("{:?}", shortened(text))
}

/// At most 40 characters of the text.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
