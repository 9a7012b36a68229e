//! Exercise `missing_register`: give back what belongs to your caller.
//!
//! 10 to 15 minutes.
//!
//! The switch below saves five of the six registers that a function must leave
//! as it found them. A debug build does not notice, and neither do most
//! programs: the compiler has to keep something in the sixth one first. Find
//! out which it is, and save it. The other side is prepared by `first_words`,
//! which has to know about it, too.
//!
//! Hint: stage 1 has all six. What is pushed first is popped last, and the
//! stack must be empty, its pointer a multiple of 16, after the last pop.
//!
//! Run: `cargo test --test missing_register`, and again with `--release`.
//!
//! Fails until solved: `exercise missing_register:`
#![cfg(all(unix, target_arch = "x86_64"))]

use std::arch::naked_asm;

/// How many words are on a new stack.
pub const FIRST: usize = 6;

/// Suspends this stack, and continues where the other one was suspended.
///
/// # Safety
///
/// `to` must be a stack that has stopped here, or was prepared, and is alive;
/// `save` must be valid for a write.
#[unsafe(naked)]
pub unsafe extern "C" fn swap(save: *mut usize, to: usize) {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r15",
        "mov [rdi], rsp",
        "mov rsp, rsi",
        "pop r15",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    );
}

/// The words that a new stack begins with, from low to high: what `swap` pops.
/// `enter` calls the function in rbx with the argument in r12.
pub fn first_words(function: usize, argument: usize) -> [usize; FIRST] {
    let enter = enter as *const () as usize;
    [0, 0, argument, function, 0, enter]
}

/// Where the first `ret` goes.
#[unsafe(naked)]
unsafe extern "C" fn enter() {
    naked_asm!("mov rdi, r12", "call rbx", "ud2");
}

#[cfg(test)]
#[path = "../exercises/tests/missing_register.rs"]
mod tests;
