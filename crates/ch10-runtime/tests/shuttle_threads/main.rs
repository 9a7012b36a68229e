//! The models of the idle protocol once more, in schedules that shuttle draws
//! by seed.

#[path = "../../src/threads/idle.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod idle;
#[path = "../models_threads/mod.rs"]
mod models;
mod sync;

use models::{BROKEN, LARGE, SMALL};
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many schedules of each model.
const SCHEDULES: usize = 1_000;

/// Runs a model in schedules that follow from the seed. `Ok` has their number,
/// `Err` that of those up to a failure.
fn explore(model: fn(), seed: u64) -> Result<usize, usize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    let explored = catch_unwind(move || {
        let model = move || {
            counting.fetch_add(1, Ordering::Relaxed);
            model();
        };
        shuttle::check_random_with_seed(model, seed, SCHEDULES);
    });
    let count = count.load(Ordering::Relaxed);
    explored.map(|()| count).map_err(|_| count)
}

#[test]
fn every_model_holds_in_every_schedule_drawn() {
    for (name, model) in SMALL.into_iter().chain(LARGE) {
        match explore(model, 10) {
            Ok(count) => assert_eq!(count, SCHEDULES, "{name}"),
            Err(count) => panic!("{name}: fails in schedule {count}"),
        }
    }
}

#[test]
fn the_protocols_that_lose_a_wake_up_are_found_by_any_seed() {
    for (name, model) in BROKEN {
        for seed in 1..=3 {
            let Err(count) = explore(model, seed) else {
                panic!("{name}: held in all schedules of seed {seed}");
            };
            println!("{name}: seed {seed} finds it in schedule {count}");
            // The same seed, the same schedules.
            assert_eq!(explore(model, seed), Err(count));
        }
    }
}
