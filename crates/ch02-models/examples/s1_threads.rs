//! Stage 1 of chapter 2: the errand with a thread of its own.

use ch02_models::{Log, s1_threads};

fn main() {
    s1_threads::run(&Log::printing());
}

#[test]
fn runs() {
    let log = Log::new();
    s1_threads::run(&log);
    assert_eq!(log.lines(), ch02_models::TRANSCRIPT);
}
