//! The models once more, in schedules that shuttle draws by seed. A second
//! engine, with another idea of what a thread may do next.

#[path = "../../src/broken.rs"]
mod broken;
#[path = "../models/mod.rs"]
mod models;
#[path = "../../src/outcome.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod outcome;
#[path = "../../src/parker.rs"]
mod parker;
#[path = "../../src/run_queue.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod run_queue;
#[path = "../../src/scheduled.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod scheduled;
#[path = "../../src/slot.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod slot;
mod sync;

mod future {
    //! What `outcome.rs` says `crate::future` for.
    pub use ch08_reactor_executor::{Future, PollState, Waker};
}

use models::{BROKEN, MODELS};
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many schedules of each model.
const SCHEDULES: usize = 1_000;

/// Runs a model in schedules that follow from the seed. As in loom's test,
/// `Ok` has the number of schedules, `Err` that of those up to a failure.
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
    for (name, model) in MODELS {
        match explore(model, 8) {
            Ok(count) => assert_eq!(count, SCHEDULES, "{name}"),
            Err(count) => panic!("{name}: fails in schedule {count}"),
        }
    }
}

#[test]
fn the_orders_that_lose_a_wake_up_are_found_by_any_seed() {
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
