//! Stage 4 of chapter 2: the errand as a state machine that is resumed.

use ch02_models::{Log, s4_coroutines};

fn main() {
    s4_coroutines::run(&Log::printing());
}

#[test]
fn runs() {
    let log = Log::new();
    s4_coroutines::run(&log);
    assert_eq!(log.lines(), ch02_models::TRANSCRIPT);
}
