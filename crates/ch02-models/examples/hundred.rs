//! Chapter 2: a hundred errands at the same time, in each model. They wait for
//! 350 ms each, and for the same 350 ms.

use ch02_models::{Log, MODELS};
use std::time::{Duration, Instant};
use testing::println;

const ERRANDS: usize = 100;

// ANCHOR: hundred
fn hundred(crowd: fn(&Log, usize) -> u64) -> (u64, usize, Duration) {
    let log = Log::new();
    let start = Instant::now();
    let waited = crowd(&log, ERRANDS);
    (waited, log.threads(), start.elapsed())
}
// ANCHOR_END: hundred

fn main() {
    println!("{ERRANDS} errands     waited in all   threads   took");
    for model in MODELS {
        let (waited, threads, took) = hundred(model.crowd);
        let name = model.name;
        let took = took.as_millis();
        println!("{name:<15} {waited:>10} ms {threads:>9} {took:>6} ms");
    }
}

#[test]
fn runs() {
    for model in MODELS {
        let (waited, threads, took) = hundred(model.crowd);
        assert_eq!(waited, 100 * 350, "{}", model.name);
        let expected = if model.name == "threads" { 100 } else { 1 };
        assert_eq!(threads, expected, "{}", model.name);
        assert!(took >= Duration::from_millis(350), "{took:?}");
        // One after the other it would be 35 seconds.
        assert!(took < Duration::from_secs(20), "{took:?}");
    }
}
