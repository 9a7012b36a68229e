//! Stage 1 on x86-64 with the System V calling convention.

use super::Entry;
use crate::stack::Stack;
use std::arch::naked_asm;
use std::ptr;

/// Suspends this stack, and continues where the other one was suspended.
///
/// # Safety
///
/// `to` must be a stack that was suspended by this function, or prepared, and is
/// alive; nothing else may resume it. `save` must be valid for a write.
// ANCHOR: swap_x86_64
#[unsafe(naked)]
pub unsafe extern "C" fn swap(save: *mut *mut u8, to: *mut u8) {
    // register            on entry
    // rdi                 save: where to store this stack's pointer
    // rsi                 to: the other stack's pointer
    // rsp                 this stack; its top word is the return address
    // rbp rbx r12 to r15  our caller's: it will want them back
    // all others          any call may change them
    naked_asm!(
        "push rbp", // the six registers that a function
        "push rbx", // must leave as it found them
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov [rdi], rsp", // all there is to remember of this stack
        "mov rsp, rsi",   // from here on, the stack is the other one
        "pop r15",        // its six registers, the last one first
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret", // to the caller of `swap` on that stack
    );
}
// ANCHOR_END: swap_x86_64

// ANCHOR: first_words_x86_64
/// How many words are on a new stack.
pub const FIRST: usize = 7;

/// These words, from low to high: what `swap` pops.
pub fn first_words(
    _stack: &Stack,
    entry: Entry,
    argument: *mut u8,
) -> [*mut u8; FIRST] {
    let none = ptr::null_mut();
    let entry = entry as *const () as *mut u8;
    let enter = enter as *const () as *mut u8;
    // r15, r14, r13, r12, rbx, rbp, and where `ret` jumps to. Now the stack is
    // empty, and its pointer a multiple of 16, as it must be at a `call`.
    [none, none, none, argument, entry, none, enter]
}

/// Where the first `ret` jumps to: calls the function in rbx.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip", // there is no caller
        "mov rdi, r12",       // its argument
        "call rbx",           // it never returns
        "ud2",                // if it does, end the process
        ".cfi_endproc",
    );
}
// ANCHOR_END: first_words_x86_64
