//! The switch: suspends one stack and resumes another.
//!
//! One file per processor and calling convention, below `switch/`, with the same
//! two functions in each: [`switch()`] and `start`. Neither knows what a fiber
//! is; what keeps the stacks alive, and in which order they run, is the
//! scheduler's business.
//!
//! Left out: the control words of floating point, which `float` keeps for runtimes
//! that ask for it, and shadow stacks (CET, GCS, Zicfiss), which Rust programs
//! do not have: with them, a second stack pointer would have to be changed as well.

#[cfg(all(unix, target_arch = "x86_64"))]
mod x86_64_unix;
#[cfg(all(unix, target_arch = "x86_64"))]
use x86_64_unix as platform;

#[cfg(all(windows, target_arch = "x86_64"))]
mod x86_64_windows;
#[cfg(all(windows, target_arch = "x86_64"))]
use x86_64_windows as platform;

#[cfg(all(unix, target_arch = "aarch64"))]
mod aarch64;
#[cfg(all(unix, target_arch = "aarch64"))]
use aarch64 as platform;

#[cfg(all(unix, target_arch = "riscv64"))]
mod riscv64;
#[cfg(all(unix, target_arch = "riscv64"))]
use riscv64 as platform;

#[cfg(not(any(
    all(
        unix,
        any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64",
        )
    ),
    all(windows, target_arch = "x86_64"),
)))]
compile_error!(
    "fibers switch stacks in assembly, which is here for x86-64, 64-bit Arm and \
     64-bit RISC-V on Unix and for x86-64 on Windows; there is none for this \
     target"
);

#[cfg(not(fibers_asan))]
pub use platform::switch;

#[cfg(fibers_asan)]
pub(crate) mod asan;
#[cfg(fibers_asan)]
pub use asan::switch;

/// Identifies a suspended stack: its stack pointer. What lies there is the
/// business of the platform's file.
pub type StackPointer = *mut u8;

/// What a new stack begins with. It must not return, for there is nothing to
/// return to; nor may it unwind, and a panic that gets there ends the process.
pub type Entry = unsafe extern "C" fn(argument: *mut u8) -> !;

/// The words that [`prepare`] writes.
pub const PREPARED: usize = platform::PREPARED;

/// Prepares a stack, so that the first [`switch()`] to the pointer returned
/// calls `entry(argument)` there.
///
/// `bottom` and `top` are the ends of the stack: `top` is the higher address,
/// a multiple of 16, and the stack grows from it towards `bottom`. (Only
/// Windows wants to know `bottom`.)
///
/// # Safety
///
/// The [`PREPARED`] words below `top` must be the caller's to write, and both
/// ends of one stack.
// ANCHOR: prepare
#[inline]
pub unsafe fn prepare(
    bottom: *mut u8,
    top: *mut u8,
    entry: Entry,
    argument: *mut u8,
) -> StackPointer {
    #[cfg(fibers_asan)]
    asan::renew(bottom, top);
    let words = platform::first_words(bottom, top, entry, argument);
    // SAFETY: the caller owns that many words below `top`.
    let start = unsafe { top.cast::<*mut u8>().sub(words.len()) };
    for (index, word) in words.into_iter().enumerate() {
        // SAFETY: this one is among them.
        let place = unsafe { start.add(index) };
        // SAFETY: `top` is a multiple of 16, so each word is aligned.
        unsafe { place.write(word) };
    }
    platform::stopped_at(start)
}
// ANCHOR_END: prepare
