//! The idle protocol in all interleavings, by loom, without a bound on
//! preemptions; and mutants, each of which some model must reject.
//!
//! `src/threads/idle.rs` is compiled once more, with loom's locks and atomics
//! where it says `crate::sync`.

#[path = "../../src/threads/idle.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod idle;
#[path = "../models_threads/mod.rs"]
#[allow(dead_code, reason = "loom runs the small ones only")]
mod models;
mod sync {
    pub use testing::proof::loom::sync::*;
}

use models::{BROKEN, SMALL};
use testing::proof::loom::{self, File};

const FILES: [File; 1] =
    [("idle.rs", include_str!("../../src/threads/idle.rs"))];

#[test]
fn every_model_holds_in_every_interleaving() {
    loom::all_hold(&SMALL);
}

#[test]
fn the_protocols_that_lose_a_wake_up_are_found() {
    loom::all_fail(&BROKEN);
}

/// They are its four fences: every other ordering is `Relaxed`.
#[test]
fn no_ordering_can_be_weaker() {
    let [(_, text)] = FILES;
    let strong = text.lines().filter(|line| {
        let ordering = line.contains("Ordering::");
        ordering && !line.contains("Relaxed") && !line.contains("use ")
    });
    let strong: Vec<_> = strong.map(str::trim).collect();
    assert_eq!(strong, ["fence(Ordering::SeqCst);"; 4]);
    loom::none_can_be_weaker(&FILES, &SMALL);
}
