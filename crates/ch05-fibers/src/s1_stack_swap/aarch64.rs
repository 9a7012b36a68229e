//! Stage 1 on 64-bit Arm (AAPCS64). x18 is the platform's.

use super::Entry;
use crate::stack::Stack;
use std::arch::naked_asm;
use std::ptr;

// ANCHOR: swap_aarch64
/// Stops here, and goes on where the other stack has stopped.
///
/// # Safety
///
/// `to` must be a stack that has stopped here, or was prepared, and is alive;
/// nobody else may go on with it. `save` must be valid for a write.
#[unsafe(naked)]
pub unsafe extern "C" fn swap(save: *mut *mut u8, to: *mut u8) {
    // register             on entry
    // x0                   save: where this stack's pointer is to be kept
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
        "mov sp, x1",   // and from here on the other one
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
        "ret", // to x30: who has called over there
    );
}
// ANCHOR_END: swap_aarch64

/// How many words a new stack begins with.
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

/// Where the first `ret` goes: calls the function in x19.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined x30", // nobody has called us
        "mov x0, x20",        // its argument
        "blr x19",            // it does not come back
        "udf #0",             // if it does, end here
        ".cfi_endproc",
    );
}
