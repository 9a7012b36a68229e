//! Borrows that are held across waits: the shape `pinned`.

use crate::pinned_with_waker::after;

#[corofy::coroutine(crate = crate::pinned_with_waker, pinned)]
pub fn held(words: Vec<String>, limit: &u32) -> (String, u32) {
    let mut text = String::new();
    let writer = &mut text;
    let mut sum = 0;
    for word in &words {
        sum += after(1, *limit).wait;
        writer.push_str(word);
    }
    let mut numbers = [sum, 2, 3];
    let rest = &mut numbers[1..];
    rest[0] = after(1, 7).wait;
    (text, numbers[1])
}
