//! Stage 3 of chapter 7: any number of requests, one after the other.

use crate::http::Http;
use std::io;

// ANCHOR: in_turn
/// Asks for each path when the one before has been answered.
#[corofy::coroutine]
pub fn in_turn(http: Http, paths: Vec<String>) -> io::Result<Vec<String>> {
    let mut replies = Vec::new();
    for path in paths {
        let reply = http.get(&path).wait?;
        replies.push(reply);
    }
    Ok(replies)
}
// ANCHOR_END: in_turn
