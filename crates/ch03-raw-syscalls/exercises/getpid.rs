//! Exercise `getpid`: ask the kernel who you are, without a library.
//!
//! 10 to 15 minutes on your own processor, 30 with all of them.
//!
//! Fill in the number of `getpid`, the function that enters the kernel without
//! arguments, and the function that uses both. Then do it for the processors
//! that you do not have: stage 1 has a file for each, and `check` finds most
//! mistakes (`rustup target add aarch64-unknown-linux-gnu`, then
//! `cargo check --tests --target aarch64-unknown-linux-gnu`).
//!
//! Hint: the instruction and the clobbers are those of `syscall3`; fewer
//! arguments do not mean fewer clobbers. The numbers are in the C header
//! `asm/unistd.h`. macOS: 20, of the same class as `write`.
//!
//! Run: `cargo test --test getpid`
//!
//! Fails until solved: `exercise getpid:`
#![cfg(any(
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

/// The number of `getpid` on this processor.
pub const GETPID: usize = usize::MAX; // not this one

/// Asks the kernel for service `number`, which takes no arguments; returns
/// what the kernel left in the register for results.
///
/// # Safety
///
/// The service must take no arguments, and return once, with our memory and
/// stack as they were (unlike `vfork` or `rt_sigreturn`).
#[inline]
pub unsafe fn syscall0(number: usize) -> isize {
    let _ = number;
    todo!("exercise getpid: enter the kernel")
}

/// The number of this process, fresh from the kernel.
pub fn getpid() -> u32 {
    todo!("exercise getpid: use GETPID and syscall0")
}

#[cfg(test)]
#[path = "../exercises/tests/getpid.rs"]
mod tests;
