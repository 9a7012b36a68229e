//! The core in all interleavings, by loom, without a bound on preemptions; and
//! for each ordering a mutant one step weaker, which some model must reject.
//!
//! The files of the crate are compiled once more, with loom's atomics where
//! they say `crate::sync`.

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
    pub use testing::proof::loom::sync::*;
}
#[path = "../models_core/task.rs"]
mod task;
#[path = "../../src/driver/token.rs"]
mod token;

use models::MODELS;
use testing::proof::loom::{self, File};

const FILES: [File; 4] = [
    ("state.rs", include_str!("../../src/task/state.rs")),
    ("inbox.rs", include_str!("../../src/inbox.rs")),
    ("root.rs", include_str!("../../src/root.rs")),
    ("token.rs", include_str!("../../src/driver/token.rs")),
];

#[test]
fn every_model_holds_in_every_interleaving() {
    loom::all_hold(&MODELS);
}

#[test]
fn no_ordering_can_be_weaker() {
    loom::none_can_be_weaker(&FILES, &MODELS);
}
