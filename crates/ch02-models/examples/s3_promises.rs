//! Stage 3 of chapter 2: the errand as a chain of promises.

use ch02_models::{Log, s3_promises};

fn main() {
    s3_promises::run(&Log::printing());
}

#[test]
fn runs() {
    let log = Log::new();
    s3_promises::run(&log);
    assert_eq!(log.lines(), ch02_models::TRANSCRIPT);
}
