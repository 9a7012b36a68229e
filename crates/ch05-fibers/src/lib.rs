#![doc = include_str!("../README.md")]

// The stages, each on the shoulders of the one before.
pub mod s1_stack_swap;
pub mod s2_show_stack;
pub mod s3_two_fibers;
pub mod s4_scheduler;
pub mod s5_net;

// What it costs, and why.
#[cfg(all(unix, target_arch = "x86_64"))]
pub mod ladder;

// The finished library.
mod driver;
mod error;
mod fiber;
pub mod float;
mod join;
pub mod net;
mod overflow;
mod ready;
mod runtime;
mod scheduler;
mod scope;
mod spawn;
pub mod stack;
mod state;
pub mod switch;
mod time;
mod timers;

pub use error::JoinError;
pub use join::JoinHandle;
pub use runtime::{Runtime, RuntimeBuilder};
pub use scope::{Scope, ScopedJoinHandle, scope};
pub use spawn::{Builder, current_id, current_name, spawn, yield_now};
pub use time::{sleep, sleep_until};
