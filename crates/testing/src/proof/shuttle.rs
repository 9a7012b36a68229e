//! By shuttle: schedules drawn at random, each of which its seed brings back. It
//! takes every ordering for the strongest.

pub mod sync;

use super::{Model, PATIENCE};
use crate::within;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many schedules of each model.
const SCHEDULES: usize = 1_000;

/// Runs a model in a thousand schedules that follow from the seed. `Ok` has
/// their number, `Err` that of those up to a failure.
///
/// # Errors
///
/// When one fails.
pub fn explore(model: fn(), seed: u64) -> Result<usize, usize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    let explored = catch_unwind(move || {
        let model = move || {
            counting.fetch_add(1, Ordering::Relaxed);
            model();
        };
        ::shuttle::check_random_with_seed(model, seed, SCHEDULES);
    });
    let count = count.load(Ordering::Relaxed);
    explored.map(|()| count).map_err(|_| count)
}

/// Every model holds in every schedule drawn.
///
/// # Panics
///
/// When one doesn't; and after ten minutes.
#[track_caller]
pub fn all_hold(models: &'static [Model], seed: u64) {
    within(PATIENCE, move || {
        for (name, model) in models {
            match explore(*model, seed) {
                Ok(count) => assert_eq!(count, SCHEDULES, "{name}"),
                Err(count) => panic!("{name}: fails in schedule {count}"),
            }
        }
    });
}

/// Every model fails, whatever the seed: three are tried, twice. Prints in
/// which schedule.
///
/// # Panics
///
/// When one doesn't, or a seed doesn't bring its schedules back; and after ten
/// minutes.
#[track_caller]
pub fn all_fail(models: &'static [Model]) {
    within(PATIENCE, move || {
        for (name, model) in models {
            for seed in 1..=3 {
                let Err(count) = explore(*model, seed) else {
                    panic!("{name}: held in all schedules of seed {seed}");
                };
                println!("{name}: seed {seed} finds it in schedule {count}");
                // The same seed, the same schedules.
                assert_eq!(explore(*model, seed), Err(count));
            }
        }
    });
}
