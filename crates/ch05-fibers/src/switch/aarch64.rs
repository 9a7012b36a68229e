//! The switch on 64-bit Arm, for Linux, macOS and the BSDs (AAPCS64).
//!
//! x18 is the platform's register and not touched. Vector registers of more
//! than 128 bits (SVE) belong to the code that uses them, across calls; a switch is a
//! call to the compiler.

use super::{Entry, StackPointer};
use std::arch::{asm, naked_asm};
use std::ptr;

/// Suspends the running stack, stores its pointer in `save`, and resumes `to`.
///
/// # Safety
///
/// `to` must be a stack that was suspended by this function (or prepared), is
/// alive, and is resumed by nothing else. `save` must be valid for a write.
// ANCHOR: switch_aarch64
#[inline(always)]
pub unsafe fn switch(save: *mut StackPointer, to: StackPointer) {
    // register   on entry                   after label 2
    // x0         save                       (anything)
    // x1         to                         (anything)
    // sp         this stack, 16-aligned     the same again
    // others     the compiler's business    (anything)
    //
    // SAFETY: all registers are outputs, except x19 and x29, which may not be,
    // and which this stack keeps. What `to` must be: our caller.
    unsafe {
        asm!(
            "adr x9, 2f",                   // where we continue later
            "stp x29, x19, [sp, #-32]!",    // what cannot be declared;
            "str x9, [sp, #16]",            // sp stays a multiple of 16
            "mov x9, sp",                   // sp cannot be stored itself
            "str x9, [x0]",                 // suspended
            "mov sp, x1",                   // another stack
            "ldr x9, [x1, #16]",
            "br x9",                        // where that one was suspended
            "2:",                           // resumed
            "hint #36",                     // (`bti j`: may be jumped to)
            "ldp x29, x19, [sp], #32",
            inout("x0") save => _,
            inout("x1") to => _,
            out("x20") _, out("x21") _, out("x22") _, out("x23") _,
            out("x24") _, out("x25") _, out("x26") _, out("x27") _,
            out("x28") _, out("x30") _,
            out("v8") _, out("v9") _, out("v10") _, out("v11") _,
            out("v12") _, out("v13") _, out("v14") _, out("v15") _,
            clobber_abi("C"),               // and what any call may change
        );
    }
}
// ANCHOR_END: switch_aarch64

/// The words that `first_words` makes.
pub const PREPARED: usize = 4;

/// The highest words of a new stack, the highest last.
#[inline]
pub fn first_words(
    _bottom: *mut u8,
    _top: *mut u8,
    entry: Entry,
    argument: *mut u8,
) -> [*mut u8; PREPARED] {
    let start = start as *const () as *mut u8;
    let entry = entry as *const () as *mut u8;
    // What `start` loads; where `switch` jumps to; a gap.
    [argument, entry, start, ptr::null_mut()]
}

/// The stack pointer at the words themselves.
#[inline]
pub fn stopped_at(start: *mut *mut u8) -> StackPointer {
    start.cast()
}

/// Where a new stack begins: calls its entry with its argument.
#[unsafe(naked)]
unsafe extern "C" fn start() {
    // register   on entry
    // sp         four words, and then the end of the stack
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined x30", // for debuggers: there is no caller
        "hint #36",           // (`bti j`: may be jumped to)
        "ldp x0, x1, [sp], #32", // the argument, the entry
        "mov x29, #0",        // for code that follows frame pointers
        "adr x30, 2f",        // a return address that points here
        "br x1",
        "2:",
        "udf #0", // the entry has returned: stop
        ".cfi_endproc",
    );
}
