//! Loops, and leaving them.

use super::*;

#[corofy::coroutine]
pub fn loops(words: Vec<String>) -> (usize, String) {
    let mut total = 0usize;
    'words: for word in words {
        let mut round = 0u32;
        while round < 2 {
            round += 1;
            let text = after(1, &word).wait;
            if text.is_empty() {
                continue 'words;
            }
            if text == "stop" {
                break 'words;
            }
            total += text.len();
        }
    }
    let last = loop {
        let text = after(1, "last").wait;
        if total > 0 {
            break text;
        }
        total += 1;
    };
    (total, last)
}
