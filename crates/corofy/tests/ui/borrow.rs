//! A borrow of a local across a wait: chapter 9.

#[corofy::coroutine]
fn borrow() -> usize {
    let text = String::from("text");
    let borrowed = &text;
    after(1).wait;
    borrowed.len()
}

#[corofy::coroutine]
fn loops(words: Vec<String>) {
    for word in &words {
        after(word.len()).wait;
    }
}

fn main() {}
