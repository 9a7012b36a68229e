//! `if`, `if let`, `match` and `let … else`, with a value that one branch
//! moves and another does not.

use super::*;

#[corofy::coroutine]
pub fn branches(name: String, flag: bool) -> usize {
    let kept = name.clone();
    let length = if flag {
        after(1, &name).wait.len()
    } else {
        consume(kept)
    };
    let Some(found) = find(length, after(0, "x").wait) else {
        return 0;
    };
    match found.len() {
        0 => after(1, "zero").wait.len(),
        n if n > 9 => n,
        _ => {
            if let Some(rest) = find(1, found) {
                after(1, &rest).wait;
            }
            length
        }
    }
}
