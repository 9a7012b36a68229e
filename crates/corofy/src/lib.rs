#![doc = include_str!("../README.md")]

pub use corofy_macros::coroutine;
pub use corofy_transform::{Options, Origin, Shape};
