//! The crate of chapter 10.

mod budget;
mod builder;
mod context;
mod driver;
mod handle;
mod inbox;
mod run_queue;
mod runtime;
mod sync;
mod task;
mod threads;
mod yield_now;

pub mod blocking;
pub mod dump;
pub mod net;
pub mod shutdown;
pub mod signal;
pub mod time;
