//! Two hundred bodies at random, as coroutines and as `async fn`: the same
//! polls, effects, results and drops, whether they run to their end, are
//! dropped after any number of polls, or panic. The long run is the example
//! `differential`.

mod common;

#[path = "differential/mod.rs"]
mod bodies;

use std::time::Duration;

use bodies::Bodies;
use common::{watchdog, watchdog_for};

/// Batches run at once, one for each core of a small machine.
const BATCHES: [std::ops::Range<usize>; 2] = [0..50, 50..100];

#[test]
fn bodies_at_random_do_what_async_fn_does() {
    let _dog = watchdog_for(Duration::from_secs(600));
    let ratio = compare(Bodies {
        seed: 1,
        pinned: false,
    });
    assert!(ratio <= 1.5, "states are {ratio:.2} times as large");
}

#[test]
fn bodies_that_hold_borrows_across_waits_do_what_async_fn_does() {
    let _dog = watchdog_for(Duration::from_secs(900));
    let ratio = compare(Bodies {
        seed: 1,
        pinned: true,
    });
    assert!(ratio <= 2.5, "states are {ratio:.2} times as large");
}

/// Runs all batches; gives the median of state size / rustc's.
fn compare(what: Bodies) -> f64 {
    let kind = if what.pinned { "pinned" } else { "plain" };
    let dir = std::env::temp_dir()
        .join(format!("corofy-differential-{kind}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let parts: Vec<bodies::Outcome> = std::thread::scope(|scope| {
        let running = BATCHES.map(|batch| {
            let numbers: Vec<usize> = batch.collect();
            let dir = &dir;
            scope.spawn(move || bodies::batch(what, &numbers, dir))
        });
        running.map(|batch| batch.join().unwrap()).into()
    });
    std::fs::remove_dir_all(&dir).unwrap();
    let faults: Vec<&String> = parts.iter().flat_map(|p| &p.faults).collect();
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults[0]);
    let run: usize = parts.iter().map(|part| part.bodies).sum();
    assert_eq!(run, BATCHES.iter().map(ExactSizeIterator::len).sum());
    let ways: usize = parts.iter().map(|part| part.ways).sum();
    assert!(ways > 1_000, "only {ways} runs were compared");
    let sizes: Vec<_> = parts.iter().flat_map(|p| p.sizes.clone()).collect();
    let median = bodies::median_ratio(&sizes);
    println!("{ways} runs; median of state size / rustc's: {median:.2}");
    median
}

#[test]
fn equal_seeds_give_equal_bodies() {
    let _dog = watchdog();
    for borrows in [false, true] {
        let body = |seed| bodies::body("b", seed, borrows);
        assert_eq!(body(7), body(7));
        assert_ne!(body(7), body(8));
    }
    let mut random = bodies::Random(1);
    assert!((0..100).all(|_| random.below(3) < 3));
}
