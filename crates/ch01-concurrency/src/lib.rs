//! The crate of chapter 1. The rest of this page is its README.
//!
#![doc = include_str!("../README.md")]

#[cfg(target_os = "linux")]
pub mod cores;
pub mod s1_workshop;
pub mod s2_threads;
#[cfg(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64"
))]
pub mod s3_peek;
#[cfg(all(
    any(unix, windows),
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64"
    )
))]
pub mod s4_bad_address;

pub use s1_workshop::{
    Arrivals, Job, Latency, Little, Policy, Report, Run, Span, Time, Way,
    Workshop,
};
