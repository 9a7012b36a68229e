//! The models in all interleavings, by loom, without a bound on preemptions;
//! and mutants, each of which some model must reject.
//!
//! The files of the crate are compiled once more, with loom's locks and
//! atomics where they say `crate::sync`.

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
// ANCHOR: files
#[path = "../../src/slot.rs"]
#[allow(dead_code, reason = "parts of it are for the library only")]
mod slot;
mod sync {
    pub use testing::proof::loom::sync::*;
}
// ANCHOR_END: files

mod future {
    //! What `outcome.rs` says `crate::future` for.
    pub use ch08_reactor_executor::{Future, PollState, Waker};
}

use models::{BROKEN, MODELS};
use testing::proof::loom::{self, File, Instead};

#[test]
fn every_model_holds_in_every_interleaving() {
    loom::all_hold(&MODELS);
}

#[test]
fn the_orders_that_lose_a_wake_up_are_found() {
    loom::all_fail(&BROKEN);
}

/// The files of the core.
const FILES: [File; 6] = [
    ("slot.rs", include_str!("../../src/slot.rs")),
    ("scheduled.rs", include_str!("../../src/scheduled.rs")),
    ("run_queue.rs", include_str!("../../src/run_queue.rs")),
    ("parker.rs", include_str!("../../src/parker.rs")),
    ("broken.rs", include_str!("../../src/broken.rs")),
    ("outcome.rs", include_str!("../../src/outcome.rs")),
];

#[test]
fn no_ordering_can_be_weaker() {
    loom::none_can_be_weaker(&FILES, &MODELS);
}

#[test]
fn clearing_by_a_store_is_rejected() {
    let scheduled: &File = &FILES[1];
    loom::is_needed(scheduled, "swap(false", Instead::Store, &MODELS);
}

/// What is shared elsewhere is under a lock, or a number to look at.
#[test]
fn no_other_file_has_an_ordering() {
    let src = testing::package_folder().join("src");
    let proved: Vec<_> = FILES.into_iter().map(|(file, _)| file).collect();
    let mut files = 0;
    for entry in std::fs::read_dir(src).expect("the crate's sources") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        let text = std::fs::read_to_string(&path).expect("it is text");
        files += 1;
        for line in text.lines().filter(|_| !proved.contains(&&*name)) {
            let ordering = line.contains("Ordering::")
                && !line.contains("Ordering::Relaxed")
                && !line.contains("use ");
            assert!(!ordering, "{name}: {line}");
        }
    }
    assert!(files > 10);
}
