//! Proofs of what threads share: models in all interleavings, by loom, and in
//! many, by shuttle. With the feature `proof`.
//!
//! A file of a library says `crate::sync` for its locks and atomics. A test
//! compiles that file once more, below a root whose `sync` is
//! [`loom::sync`] or [`shuttle::sync`]:
//!
//! ```
//! # // Stands in for a file of a library.
//! mod sync {
//!     pub use testing::proof::loom::sync::*;
//! }
//!
//! use std::sync::Arc;
//! use sync::{AtomicUsize, Ordering, thread};
//! use testing::proof::{Model, loom};
//!
//! const MODELS: [Model; 1] = [("two threads count", || {
//!     let count = Arc::new(AtomicUsize::new(0));
//!     let other = Arc::clone(&count);
//!     let other = thread::spawn(move || other.fetch_add(1, Ordering::Relaxed));
//!     count.fetch_add(1, Ordering::Relaxed);
//!     other.join().expect("no panic");
//!     assert_eq!(count.load(Ordering::Relaxed), 2);
//! })];
//!
//! loom::all_hold(&MODELS);
//! ```
//!
//! Under Wine, where loom can't run, these say so and test nothing.

#[macro_use]
mod locks;
pub mod loom;
pub mod shuttle;

use std::time::Duration;

/// A model, by what it says.
pub type Model = (&'static str, fn());

/// A proof that takes longer hangs. On a busy machine it takes a minute.
const PATIENCE: Duration = Duration::from_secs(600);
