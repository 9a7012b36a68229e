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
mod sync {
    pub use testing::proof::shuttle::sync::*;
}

mod future {
    //! What `outcome.rs` says `crate::future` for.
    pub use ch08_reactor_executor::{Future, PollState, Waker};
}

use models::{BROKEN, MODELS};
use testing::proof::shuttle;

#[test]
fn every_model_holds_in_every_schedule_drawn() {
    shuttle::all_hold(&MODELS, 8);
}

#[test]
fn the_orders_that_lose_a_wake_up_are_found_by_any_seed() {
    shuttle::all_fail(&BROKEN);
}
