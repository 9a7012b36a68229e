//! Stage 1 on 64-bit Arm (AAPCS64). x18 is the platform's.

use super::Entry;
use crate::stack::Stack;
use std::arch::naked_asm;
use std::ptr;

// ANCHOR: swap_aarch64
/// Suspends this stack, and continues where the other one was suspended.
///
/// # Safety
///
/// `to` must be a stack that was suspended by this function, or prepared, and is
/// alive; nothing else may resume it. `save` must be valid for a write.
#[unsafe(naked)]
pub unsafe extern "C" fn swap(save: *mut *mut u8, to: *mut u8) {
    // register             on entry
    // x0                   save: where to store this stack's pointer
    // x1                   to: the other stack's pointer
    // x30                  the return address; it is not on the stack
    // x19 to x29, d8 to d15  our caller's: it will want them back
    naked_asm!(
        "stp x19, x20, [sp, #-160]!", // what a function must leave as it is
        "stp x21, x22, [sp, #16]",
        "stp x23, x24, [sp, #32]",
        "stp x25, x26, [sp, #48]",
        "stp x27, x28, [sp, #64]",
        "stp x29, x30, [sp, #80]", // and the way back
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "mov x9, sp",
        "str x9, [x0]", // all there is to remember
        "mov sp, x1",   // from here on, the other stack
        "ldp x21, x22, [sp, #16]",
        "ldp x23, x24, [sp, #32]",
        "ldp x25, x26, [sp, #48]",
        "ldp x27, x28, [sp, #64]",
        "ldp x29, x30, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "ldp x19, x20, [sp], #160",
        "ret", // to x30: the caller over there
    );
}
// ANCHOR_END: swap_aarch64

/// How many words are on a new stack.
pub const FIRST: usize = 20;

/// These words, from low to high: what `swap` loads.
pub fn first_words(
    _stack: &Stack,
    entry: Entry,
    argument: *mut u8,
) -> [*mut u8; FIRST] {
    let mut words = [ptr::null_mut(); FIRST];
    words[0] = entry as *const () as *mut u8; // x19
    words[1] = argument; // x20
    words[11] = enter as *const () as *mut u8; // x30
    words
}

/// Where the first `ret` jumps to: calls the function in x19.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined x30", // there is no caller
        "mov x0, x20",        // its argument
        "blr x19",            // it never returns
        "udf #0",             // if it does, end the process
        ".cfi_endproc",
    );
}
