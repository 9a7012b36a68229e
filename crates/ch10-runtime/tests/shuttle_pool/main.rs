//! The models of the blocking pool's queue once more, in schedules that
//! shuttle draws by seed.

#[path = "../models_pool/mod.rs"]
mod models;
#[path = "../../src/blocking/queue.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod queue;
mod sync {
    pub use testing::proof::shuttle::sync::*;
}

use models::MODELS;
use testing::proof::shuttle;

#[test]
fn every_model_holds_in_every_schedule_drawn() {
    shuttle::all_hold(&MODELS, 10);
}
