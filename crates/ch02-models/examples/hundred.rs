//! Chapter 2: a hundred errands at the same time, in each model. Each waits for
//! 210 ms, and all of them for the same 210 ms.

use ch02_models::{Log, MODELS};
use std::time::{Duration, Instant};
use testing::println;

const ERRANDS: usize = 100;

// ANCHOR: hundred
fn hundred(crowd: fn(&Log, usize) -> u64) -> (u64, usize, Duration) {
    let log = Log::new();
    let start = Instant::now();
    let stored = crowd(&log, ERRANDS);
    (stored, log.threads(), start.elapsed())
}
// ANCHOR_END: hundred

fn main() {
    println!("{ERRANDS} errands     stored   threads     took");
    for model in MODELS {
        let (stored, threads, took) = hundred(model.crowd);
        let name = model.name;
        let took = took.as_millis();
        println!("{name:<15} {stored:>4} B {threads:>9} {took:>5} ms");
    }
}

#[test]
fn runs() {
    for model in MODELS {
        let (stored, threads, took) = hundred(model.crowd);
        assert_eq!(stored, 100 * 16, "{}", model.name);
        let expected = if model.name == "threads" { 100 } else { 1 };
        assert_eq!(threads, expected, "{}", model.name);
        assert!(took >= ch02_models::archive::ERRAND, "{took:?}");
        // One after the other it would be 21 seconds.
        assert!(took < Duration::from_secs(15), "{took:?}");
    }
}
