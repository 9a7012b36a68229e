//! What corofy refuses, and what it says.

use testing::println;

// ANCHOR: borrow
const BORROW: &str = "
#[corofy::coroutine]
fn length(text: String) -> usize {
    let borrowed = &text;
    Later::new((), 1).wait;
    borrowed.len()
}
";
// ANCHOR_END: borrow

// ANCHOR: places
const CLOSURE: &str = "
#[corofy::coroutine]
fn all(numbers: Vec<u32>) -> Vec<u32> {
    let wait_for = |number| Later::new(number, 1).wait;
    numbers.into_iter().map(wait_for).collect()
}
";

const MACRO: &str = r#"
#[corofy::coroutine]
fn print(number: u32) {
    println!("{}", Later::new(number, 1).wait);
}
"#;
// ANCHOR_END: places

/// What is said of each.
fn answers() -> Vec<String> {
    [BORROW, CLOSURE, MACRO]
        .iter()
        .map(|source| {
            let faults =
                corofy::expand(source.trim_start(), corofy::Print::default())
                    .expect_err("each has a fault");
            let faults: Vec<_> =
                faults.iter().map(ToString::to_string).collect();
            faults.join("; ")
        })
        .collect()
}

/// The text in lines that fit a page, the later ones indented.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        if column + word.len() >= 72 {
            out.push_str("\n   ");
            column = 3;
        }
        if column > 0 {
            out.push(' ');
        }
        out.push_str(word);
        column += word.len() + 1;
    }
    out
}

fn main() {
    for answer in answers() {
        println!("{}", wrapped(&answer));
    }
}

#[test]
fn runs() {
    let answers = answers();
    for (answer, (place, word)) in answers.iter().zip([
        ("3:20: ", "borrow"),
        ("3:51: ", "closure"),
        ("3:42: ", "macro"),
    ]) {
        assert!(answer.starts_with(place), "{answer}");
        assert!(answer.contains(word), "{answer}");
    }
    assert_eq!(answers.len(), 3);
}
