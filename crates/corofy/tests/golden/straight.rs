//! Two waits, one after the other.

use super::*;

#[corofy::coroutine]
pub fn straight() -> String {
    let first = after(1, "first").wait;
    // Comments, "strings", non-ASCII and odd   formatting do no harm: ä, 🦀.
    let second: String = after(2, "zwei, două, δύο").wait;
    format!("{first} {second}")
}
