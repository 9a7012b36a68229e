//! A socket's readiness and the lifetime of its slot in all interleavings, by
//! loom, without a bound on preemptions; and mutants, each of which some model
//! must reject.
//!
//! The files of the crate are compiled once more, with loom's locks and
//! atomics where they say `crate::sync`.

mod models;
#[path = "../../src/panics.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod panics;
#[path = "../../src/readiness.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod readiness;
#[path = "../../src/slots.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod slots;
mod sync {
    pub use testing::proof::loom::sync::*;
}

use models::{BROKEN, MODELS};
use testing::proof::loom::{self, File, Instead};

const FILES: [File; 2] = [
    ("readiness.rs", include_str!("../../src/readiness.rs")),
    ("slots.rs", include_str!("../../src/slots.rs")),
];

#[test]
fn every_model_holds_in_every_interleaving() {
    loom::all_hold(&MODELS);
}

#[test]
fn freeing_a_slot_too_early_is_found() {
    loom::all_fail(&BROKEN);
}

#[test]
fn no_ordering_can_be_weaker() {
    loom::none_can_be_weaker(&FILES, &MODELS);
}

#[test]
fn the_second_look_cannot_be_left_out() {
    let look = "let word = self.word.load(Ordering::Acquire)";
    loom::is_needed(&FILES[0], look, Instead::Blind, &MODELS);
}

#[test]
fn clearing_without_the_tick_is_found() {
    let clear = "compare_exchange(word, less";
    loom::is_needed(&FILES[0], clear, Instead::Store, &MODELS);
}
