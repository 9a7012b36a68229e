//! The report by hand and by macro: what they give, and how large they are. The
//! second is moved before its first poll, which it may be.

use ch07_coroutines::Later;
use ch09_pinning::future;
use ch09_pinning::s5_pinned;
use ch09_pinning::s6_corofy::{Future, PollState, Waker, report, spin_on};
use testing::println;

fn words() -> [Later<&'static str>; 2] {
    [Later::new("wind ", 0), Later::new("from the north-west", 2)]
}

/// Of each: its text, and its size in bytes.
fn both() -> [(&'static str, String, usize); 2] {
    let by_hand = s5_pinned::report(words());
    let by_hand_size = size_of_val(&by_hand);
    let by_hand = future::spin_on(by_hand);

    // ANCHOR: main
    let here = report(words().into());
    let size = size_of_val(&here);
    let mut there = Box::pin(here); // moved, and then pinned for good
    assert_eq!(there.as_mut().poll(Waker::noop()), PollState::NotReady);
    let by_macro = spin_on(there.as_mut());
    // ANCHOR_END: main
    [
        ("by hand", by_hand, by_hand_size),
        ("by macro", by_macro, size),
    ]
}

fn main() {
    for (name, text, bytes) in both() {
        println!("{name:<8}  {bytes:>3} bytes: {text}");
    }
}

#[test]
fn runs() {
    for (name, text, _) in both() {
        assert_eq!(text, "wind from the north-west", "{name}");
    }
}
