//! The models of `tests/loom_core` by shuttle: schedules drawn at random, each
//! of which a seed brings back.

#[path = "../../src/inbox.rs"]
mod inbox;
#[path = "../models_core/mod.rs"]
mod models;
#[path = "../../src/root.rs"]
mod root;
#[path = "../../src/task/state.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod state;
mod sync;
#[path = "../models_core/task.rs"]
mod task;
#[path = "../../src/driver/token.rs"]
mod token;

use models::MODELS;
use shuttle::scheduler::RandomScheduler;
use shuttle::{Config, Runner};

const SCHEDULES: usize = 1_000;

#[test]
fn every_model_holds_in_a_thousand_schedules() {
    for (name, model) in MODELS {
        let scheduler = RandomScheduler::new_from_seed(2026, SCHEDULES);
        let count = Runner::new(scheduler, Config::new()).run(model);
        assert_eq!(count, SCHEDULES, "{name}");
    }
}
