//! The models of the blocking pool's queue once more, in schedules that
//! shuttle draws by seed.

#[path = "../models_pool/mod.rs"]
mod models;
#[path = "../../src/blocking/queue.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod queue;
mod sync;

use models::MODELS;

/// So many schedules of each model.
const SCHEDULES: usize = 1_000;

#[test]
fn every_model_holds_in_every_schedule_drawn() {
    for (name, model) in MODELS {
        println!("{name}"); // printed if it fails
        shuttle::check_random_with_seed(model, 10, SCHEDULES);
    }
}
