//! Stage 1 on x86-64 with the System V calling convention.

use super::Entry;
use crate::stack::Stack;
use std::arch::naked_asm;
use std::ptr;

/// Stops here, and goes on where the other stack has stopped.
///
/// # Safety
///
/// `to` must be a stack that has stopped here, or was prepared, and is alive;
/// nobody else may go on with it. `save` must be valid for a write.
// ANCHOR: swap_x86_64
#[unsafe(naked)]
pub unsafe extern "C" fn swap(save: *mut *mut u8, to: *mut u8) {
    // register            on entry
    // rdi                 save: where this stack's pointer is to be kept
    // rsi                 to: the other stack's pointer
    // rsp                 this stack; on top the return address
    // rbp rbx r12 to r15  our caller's: it will want them back
    // all others          nobody's: a call may change them
    naked_asm!(
        "push rbp", // the six registers that a function
        "push rbx", // must leave as it found them
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov [rdi], rsp", // all that there is to remember of this stack
        "mov rsp, rsi",   // and from here on it is the other one
        "pop r15",        // its six registers, the last one first
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret", // to who has called `swap` on that stack
    );
}
// ANCHOR_END: swap_x86_64

// ANCHOR: first_words_x86_64
/// How many words a new stack begins with.
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
    // r15, r14, r13, r12, rbx, rbp, and where `ret` goes to. After that the
    // stack is empty, and its pointer a multiple of 16, as `call` wants it.
    [none, none, none, argument, entry, none, enter]
}

/// Where the first `ret` goes: calls the function in rbx.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip", // nobody has called us
        "mov rdi, r12",       // its argument
        "call rbx",           // it does not come back
        "ud2",                // if it does, end here
        ".cfi_endproc",
    );
}
// ANCHOR_END: first_words_x86_64
