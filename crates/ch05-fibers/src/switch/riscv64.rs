//! The switch on 64-bit RISC-V, for Linux (lp64d: with registers for doubles).
//!
//! gp and tp belong to the program and to the thread, and are not touched. Vector
//! registers and their settings are any call's to change; a switch is a call to
//! the compiler.
//!
//! Which register an instruction jumps by is a hint: ra or t0 says that a function
//! returns, and the processor guesses where to. A switch returns to no such
//! place. t2 says nothing of the kind, and its jumps need no landing pad (Zicfilp).

use super::{Entry, StackPointer};
use std::arch::{asm, naked_asm};
use std::ptr;

/// Suspends the running stack, stores its pointer in `save`, and resumes `to`.
///
/// # Safety
///
/// `to` must be a stack that was suspended by this function (or prepared), is
/// alive, and is resumed by nothing else. `save` must be valid for a write.
#[inline(always)]
pub unsafe fn switch(save: *mut StackPointer, to: StackPointer) {
    // register   on entry                   after label 2
    // a0         save                       (anything)
    // a1         to                         (anything)
    // sp         this stack, 16-aligned     the same again
    // others     the compiler's business    (anything)
    // SAFETY: all registers are outputs, except s0 and s1, which may not be,
    // and which this stack keeps. What `to` must be: our caller.
    unsafe {
        asm!(
            "lla t2, 2f",           // where we continue later
            "addi sp, sp, -32",     // sp stays a multiple of 16
            "sd s0, 0(sp)",         // what cannot be declared
            "sd s1, 8(sp)",
            "sd t2, 16(sp)",
            "sd sp, 0(a0)",         // suspended
            "mv sp, a1",            // another stack
            "ld t2, 16(sp)",
            "jr t2",                // where that one was suspended
            "2:",                   // resumed
            "ld s0, 0(sp)",
            "ld s1, 8(sp)",
            "addi sp, sp, 32",
            inout("a0") save => _,
            inout("a1") to => _,
            out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _,
            out("s7") _, out("s8") _, out("s9") _, out("s10") _, out("s11") _,
            out("fs0") _, out("fs1") _, out("fs2") _, out("fs3") _,
            out("fs4") _, out("fs5") _, out("fs6") _, out("fs7") _,
            out("fs8") _, out("fs9") _, out("fs10") _, out("fs11") _,
            clobber_abi("C"),       // and what any call may change
        );
    }
}

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
        ".cfi_undefined ra", // for debuggers: there is no caller
        "ld a0, 0(sp)",      // the argument
        "ld t2, 8(sp)",      // the entry
        "addi sp, sp, 32",
        "li s0, 0",   // for code that follows frame pointers
        "lla ra, 2f", // a return address that points here
        "jr t2",
        "2:",
        "unimp", // the entry has returned: stop
        ".cfi_endproc",
    );
}
