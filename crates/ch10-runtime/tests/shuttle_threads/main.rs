//! The models of the idle protocol once more, in schedules that shuttle draws
//! by seed.

#[path = "../../src/threads/idle.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod idle;
#[path = "../models_threads/mod.rs"]
mod models;
mod sync {
    pub use testing::proof::shuttle::sync::*;
}

use models::{BROKEN, LARGE, SMALL};
use testing::proof::shuttle;

#[test]
fn every_model_holds_in_every_schedule_drawn() {
    shuttle::all_hold(&SMALL, 10);
    shuttle::all_hold(&LARGE, 10);
}

#[test]
fn the_protocols_that_lose_a_wake_up_are_found_by_any_seed() {
    shuttle::all_fail(&BROKEN);
}
