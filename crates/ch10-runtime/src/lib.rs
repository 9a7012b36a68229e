//! The crate of chapter 10. The rest of this page is its README.
//!
#![doc = include_str!("../README.md")]

mod budget;
mod builder;
mod context;
mod driver;
mod handle;
mod inbox;
// The seam: `sim.rs` puts another file in its place.
#[path = "driver/os.rs"]
mod kernel;
mod panics;
mod readiness;
mod registration;
mod root;
mod run_queue;
mod runtime;
mod slots;
mod socket;
mod sync;
mod task;
mod threads;
mod yield_now;

mod blocking;
pub mod cut;
pub mod dump;
pub mod net;
pub mod shutdown;
pub mod signal;
pub mod time;

pub use blocking::spawn_blocking;
pub use builder::Builder;
pub use context::NoRuntime;
pub use handle::{Handle, spawn};
pub use runtime::{Runtime, spawn_local};
pub use task::{JoinError, JoinHandle, TaskId};
pub use yield_now::{YieldNow, yield_now};
