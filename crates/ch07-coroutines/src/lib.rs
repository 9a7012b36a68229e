//! The crate of chapter 7. The rest of this page is its README.
//!
#![doc = include_str!("../README.md")]

pub mod future;
pub mod http;
pub mod s1_by_hand;

pub use future::{Counted, Future, Later, PollState, spin_on};
pub use http::{Get, Http};
