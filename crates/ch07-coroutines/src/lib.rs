//! The crate of chapter 7. The rest of this page is its README.
//!
#![doc = include_str!("../README.md")]

pub mod future;
pub mod http;
pub mod later;
pub mod s1_by_hand;
pub mod s2_coroutine;
#[allow(
    clippy::useless_conversion,
    reason = "a macro cannot know that an error has the right type already"
)]
pub mod s2_generated;
pub mod s3_in_turn;
pub mod s4_at_once;

#[cfg(unix)]
pub mod cpu_time;
pub mod desugared;
pub mod eager;

pub use eager::start;
pub use future::{Future, PollState, spin_on};
pub use http::{Get, Http, Waiting};
pub use later::{Counted, Later};
pub use s4_at_once::{JoinAll, join_all};
