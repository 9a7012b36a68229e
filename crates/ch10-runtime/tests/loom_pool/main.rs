//! The queue of the blocking pool in all interleavings, by loom, without a
//! bound on preemptions.
//!
//! `src/blocking/queue.rs` is compiled once more, with loom's locks where it
//! says `crate::sync`. Mutants of it hang in the museum (`tests/museum`).

#[path = "../models_pool/mod.rs"]
mod models;
#[path = "../../src/blocking/queue.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod queue;
mod sync {
    pub use testing::proof::loom::sync::*;
}

use models::MODELS;
use testing::proof::loom;

#[test]
fn every_model_holds_in_every_interleaving() {
    loom::all_hold(&MODELS);
}
