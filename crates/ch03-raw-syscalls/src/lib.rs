//! The crate of chapter 3. The rest of this page is its README.
//!
#![doc = include_str!("../README.md")]

#[cfg(windows)]
pub mod completion_port;
#[cfg(any(
    target_os = "macos",
    all(
        target_os = "linux",
        any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64"
        )
    )
))]
pub mod s1_raw;
#[cfg(unix)]
pub mod s2_libc;
#[cfg(windows)]
pub mod s2_windows;
pub mod s3_std;
pub mod s4_write_all;

pub mod descriptor;
pub mod utf16;
#[cfg(target_os = "linux")]
pub mod waiting;

pub use descriptor::{AsDescriptor, Descriptor, descriptor_of};
pub use s4_write_all::{Stopped, write, write_all, write_all_by};
