//! The crate of chapter 9. The rest of this page is its README.
//!
#![doc = include_str!("../README.md")]

pub mod future;
pub mod projection;
pub mod roster;
pub mod s1_counter;
pub mod s3_run_all;
pub mod s4_compass;
pub mod s5_pinned;
pub mod s6_corofy;
