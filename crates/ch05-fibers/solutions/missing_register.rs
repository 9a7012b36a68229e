//! Solution of exercise `missing_register`.
//!
//! It was r14. In a debug build values live on the stack between two
//! statements, so a lost register costs nothing; an optimised caller keeps in
//! it what it still needs, and finds there what the other stack had.
#![cfg(all(unix, target_arch = "x86_64"))]

use std::arch::naked_asm;

/// How many words are on a new stack.
pub const FIRST: usize = 7;

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
        "push r14",
        "push r15",
        "mov [rdi], rsp",
        "mov rsp, rsi",
        "pop r15",
        "pop r14",
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
    [0, 0, 0, argument, function, 0, enter]
}

/// Where the first `ret` goes.
#[unsafe(naked)]
unsafe extern "C" fn enter() {
    naked_asm!("mov rdi, r12", "call rbx", "ud2");
}

#[cfg(test)]
#[path = "../exercises/tests/missing_register.rs"]
mod tests;
