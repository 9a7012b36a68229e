//! The drop guarantee: a pinned value is dropped before its memory is used
//! for anything else, or its memory is never used again.

use ch09_pinning::roster::{Guest, Roster};
use std::mem;
use std::pin::pin;
use testing::println;

/// Who is on the roster, at four moments.
fn moments() -> [Vec<&'static str>; 4] {
    // ANCHOR: main
    let roster = Roster::default();
    let mut ann = Box::pin(Guest::new("Ann"));
    ann.as_mut().sign(&roster);
    let first = {
        let mut bob = pin!(Guest::new("Bob"));
        bob.as_mut().sign(&roster);
        roster.names()
    }; // the block ends: Bob is dropped
    let second = roster.names();

    ann.set(Guest::new("Cid")); // drops Ann, then writes Cid in her place
    let third = roster.names();

    let mut dot = Box::pin(Guest::new("Dot"));
    dot.as_mut().sign(&roster);
    mem::forget(dot); // never dropped: but her memory is never given back
    let fourth = roster.names();
    // ANCHOR_END: main
    [first, second, third, fourth]
}

fn main() {
    for names in moments() {
        println!("{names:?}");
    }
}

#[test]
fn runs() {
    let [first, second, third, fourth] = moments();
    assert_eq!(first, ["Ann", "Bob"]);
    assert_eq!(second, ["Ann"]);
    assert!(third.is_empty());
    assert_eq!(fourth, ["Dot"]);
}
