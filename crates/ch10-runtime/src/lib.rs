//! The crate of chapter 10.

mod budget;
mod builder;
mod context;
mod driver;
mod handle;
mod inbox;
mod readiness;
mod run_queue;
mod runtime;
mod sync;
mod task;
mod threads;
mod yield_now;

pub mod blocking;
pub mod cut;
pub mod dump;
pub mod shutdown;
pub mod time;
