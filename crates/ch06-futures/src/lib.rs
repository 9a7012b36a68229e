//! The crate of chapter 6. The rest of this page is its README.
//!
#![doc = include_str!("../README.md")]

pub mod raw_waker;
pub mod s1_nothing;
pub mod s2_by_hand;
pub mod s3_block_on;
pub mod s4_leaf;
pub mod s4_questions;
pub mod s5_join;

pub mod asked;
pub mod pool;
mod quiet;
pub mod sizes;

pub use pool::Pool;
pub use s2_by_hand::{CountWakes, YieldNow, yield_now};
pub use s3_block_on::{Parker, block_on};
pub use s4_leaf::{Closed, Receiver, Sender, one_shot};
pub use s4_questions::{ask, two_questions};
pub use s5_join::{Either, counted, join, select};
