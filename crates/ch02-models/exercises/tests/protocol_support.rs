//! What the tests of the three exercises share: scripts, and what the
//! straight-line version makes of them.

use ch02_models::Log;
use ch02_models::protocol::{Failure, Peer, visit};

/// The answers of a peer, line by line; `None` is silence.
pub type Script = &'static [Option<&'static str>];

/// What a visit comes to.
pub type End = Result<Vec<String>, Failure>;

/// Everything that can happen.
pub const SCRIPTS: [(&str, Script); 9] = [
    (
        "two items",
        &[Some("WELCOME 2"), Some("pears"), Some("plums"), Some("BYE")],
    ),
    ("no items", &[Some("WELCOME 0"), Some("BYE")]),
    (
        "three items",
        &[
            Some("WELCOME 3"),
            Some("a"),
            Some("b"),
            Some("c"),
            Some("BYE"),
        ],
    ),
    ("refused at once", &[Some("ERROR closed")]),
    (
        "refused half way",
        &[Some("WELCOME 3"), Some("pears"), Some("ERROR sold out")],
    ),
    (
        "refused at the end",
        &[Some("WELCOME 1"), Some("pears"), Some("ERROR stay")],
    ),
    ("nonsense", &[Some("WELCOME many")]),
    ("silent at once", &[]),
    ("silent half way", &[Some("WELCOME 2"), None]),
];

/// What is expected: the lines of both sides, and the end.
pub fn straight(script: Script) -> (Vec<String>, End) {
    let log = Log::new();
    let end = visit(Peer::new(script, &log), "ada");
    (log.lines(), end)
}
