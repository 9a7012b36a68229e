//! Stage 5: the program of stage 3, pinned: on the heap, and on the stack.

use ch07_coroutines::Later;
use ch09_pinning::s5_pinned::{report, run_all};
use std::pin::pin;
use testing::println;

// ANCHOR: program
/// Two reports at once. The second word of the second is `last`.
pub fn two_reports(last: &'static str) -> Vec<String> {
    let fog = report([Later::new("fog", 1)]);
    let wind = report([Later::new("wind ", 0), Later::new(last, 2)]);
    run_all(vec![Box::pin(fog), Box::pin(wind)])
}
// ANCHOR_END: program

// ANCHOR: on_the_stack
/// The same without an allocation for each.
pub fn two_on_the_stack(last: &'static str) -> Vec<String> {
    let fog = pin!(report([Later::new("fog", 1)]));
    let wind = report([Later::new("wind ", 0), Later::new(last, 2)]);
    run_all(vec![fog, pin!(wind)])
}
// ANCHOR_END: on_the_stack

const LAST: [&str; 2] = ["NW", "from the north-west, force nine, and rising"];

fn main() {
    for last in LAST {
        println!("{:?}", two_reports(last));
        println!("{:?}", two_on_the_stack(last));
    }
}

#[test]
fn runs() {
    for last in LAST {
        let expected = ["fog".to_owned(), format!("wind {last}")];
        assert_eq!(two_reports(last), expected);
        assert_eq!(two_on_the_stack(last), expected);
    }
}
