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
mod sync {
    pub use testing::proof::shuttle::sync::*;
}
#[path = "../models_core/task.rs"]
mod task;
#[path = "../../src/driver/token.rs"]
mod token;

use models::MODELS;
use testing::proof::shuttle;

#[test]
fn every_model_holds_in_every_schedule_drawn() {
    shuttle::all_hold(&MODELS, 10);
}
