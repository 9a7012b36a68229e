//! The crate of chapter 8. The rest of this page is its README.
//!
#![doc = include_str!("../README.md")]

pub mod broken;
pub mod parker;
pub mod run_queue;
pub mod scheduled;
pub mod slot;
pub mod sync;

pub use parker::Parker;
pub use run_queue::{RunQueue, Unpark};
pub use scheduled::Scheduled;
pub use slot::{Closed, Slot};
