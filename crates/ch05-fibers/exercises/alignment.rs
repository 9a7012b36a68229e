//! Exercise `alignment`: lay out the first words of a stack.
//!
//! 30 minutes.
//!
//! `prepare` is given the high end of a stack, at any address, and has to leave
//! there what `swap` pops: r15, r14, r13, r12, rbx, rbp, and an address to
//! return to. The function must find the stack as it would after a call: at its
//! first instruction, rsp plus 8 is a multiple of 16. What is above the words
//! that you write must stay as it is, and you may waste less than 16 bytes.
//!
//! Hint: begin with where rsp has to be after the last pop, before `call rbx`;
//! from there, count down. The high end need not be a multiple of anything.
//!
//! Run: `cargo test --test alignment`
//!
//! Fails until solved: `exercise alignment:`
#![cfg(all(unix, target_arch = "x86_64"))]

use std::arch::naked_asm;

/// Writes the first words of a stack that ends at the address `top`; returns
/// the stack pointer for the first `swap`. It will call `function(argument)`.
///
/// # Safety
///
/// The 128 bytes below `top` must be the caller's to write.
pub unsafe fn prepare(top: *mut u8, function: usize, argument: usize) -> usize {
    let _ = (top, function, argument, enter as *const () as usize);
    todo!("exercise alignment: write seven words")
}

/// Where the first `ret` has to go: calls the function in rbx with the argument
/// in r12.
#[unsafe(naked)]
unsafe extern "C" fn enter() {
    naked_asm!("mov rdi, r12", "call rbx", "ud2");
}

#[cfg(test)]
#[path = "../exercises/tests/alignment.rs"]
mod tests;
