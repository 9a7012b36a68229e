//! Stage 2 of chapter 2: the errand as callbacks of a loop.

use ch02_models::{Log, s2_callbacks};

fn main() {
    s2_callbacks::run(&Log::printing());
}

#[test]
fn runs() {
    let log = Log::new();
    s2_callbacks::run(&log);
    assert_eq!(log.lines(), ch02_models::TRANSCRIPT);
}
