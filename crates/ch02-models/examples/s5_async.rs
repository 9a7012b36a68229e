//! Stage 5 of chapter 2: the errand as an async function.

use ch02_models::{Log, s5_async};

fn main() {
    s5_async::run(&Log::printing());
}

#[test]
fn runs() {
    let log = Log::new();
    s5_async::run(&log);
    assert_eq!(log.lines(), ch02_models::TRANSCRIPT);
}
