//! What cannot be held across a wait in the shape `pinned` either.

#[corofy::coroutine(pinned)]
fn closure() -> usize {
    let text = String::from("text");
    let length = || text.len();
    after(1).wait;
    length()
}

#[corofy::coroutine(pinned)]
fn hidden(words: Vec<String>) -> impl Iterator<Item = String> {
    for word in &words {
        after(word.len()).wait;
    }
    words.into_iter()
}

#[corofy::coroutine(pinned)]
fn arguments(words: Vec<String>) {
    for word in &words {
        println!("{}", after(word.len()).wait);
    }
}

fn main() {}
