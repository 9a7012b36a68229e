//! Solution of exercise `alignment`.
//!
//! Counting from the end: `call` wants a multiple of 16, so that is where the
//! stack pointer is after the last pop, and the highest one at or below the end
//! will do. Seven words lie below it. Nothing is to be added for the return
//! address that `call` pushes: every function is entered with it.
#![cfg(all(unix, target_arch = "x86_64"))]

use std::arch::naked_asm;

/// Writes the first words of a stack that ends at the address `top`; returns
/// the stack pointer for the first `swap`. It will call `function(argument)`.
///
/// # Safety
///
/// The 128 bytes below `top` must be the caller's to write.
pub unsafe fn prepare(top: *mut u8, function: usize, argument: usize) -> usize {
    let empty = top.map_addr(|top| top & !15).cast::<usize>();
    let enter = enter as *const () as usize;
    // r15, r14, r13, r12, rbx, rbp, and where `ret` goes.
    let words = [0, 0, 0, argument, function, 0, enter];
    let low = empty.wrapping_sub(words.len());
    // SAFETY: 56 bytes, and at most 15 that are left free.
    unsafe { low.cast::<[usize; 7]>().write(words) };
    low.expose_provenance()
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
