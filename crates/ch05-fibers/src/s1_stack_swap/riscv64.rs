//! Stage 1 on 64-bit RISC-V (lp64d). gp and tp are the program's and the thread's.

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
#[unsafe(naked)]
pub unsafe extern "C" fn swap(save: *mut *mut u8, to: *mut u8) {
    // register                   on entry
    // a0                         save: where to store this stack's pointer
    // a1                         to: the other stack's pointer
    // ra                         the return address; it is not on the stack
    // s0 to s11, fs0 to fs11     our caller's: it will want them back
    //
    // In release builds naked functions are also parsed where the features of the
    // target are not known: `.option` says that there are registers for doubles.
    naked_asm!(
        ".option push",
        ".option arch, +d",
        "addi sp, sp, -208", // 25 words, and a gap: a multiple of 16
        "sd ra, 0(sp)",      // the way back
        "sd s0, 8(sp)",      // and what a function must leave as it is
        "sd s1, 16(sp)",
        "sd s2, 24(sp)",
        "sd s3, 32(sp)",
        "sd s4, 40(sp)",
        "sd s5, 48(sp)",
        "sd s6, 56(sp)",
        "sd s7, 64(sp)",
        "sd s8, 72(sp)",
        "sd s9, 80(sp)",
        "sd s10, 88(sp)",
        "sd s11, 96(sp)",
        "fsd fs0, 104(sp)",
        "fsd fs1, 112(sp)",
        "fsd fs2, 120(sp)",
        "fsd fs3, 128(sp)",
        "fsd fs4, 136(sp)",
        "fsd fs5, 144(sp)",
        "fsd fs6, 152(sp)",
        "fsd fs7, 160(sp)",
        "fsd fs8, 168(sp)",
        "fsd fs9, 176(sp)",
        "fsd fs10, 184(sp)",
        "fsd fs11, 192(sp)",
        "sd sp, 0(a0)", // all there is to remember
        "mv sp, a1",    // from here on, the other stack
        "ld ra, 0(sp)",
        "ld s0, 8(sp)",
        "ld s1, 16(sp)",
        "ld s2, 24(sp)",
        "ld s3, 32(sp)",
        "ld s4, 40(sp)",
        "ld s5, 48(sp)",
        "ld s6, 56(sp)",
        "ld s7, 64(sp)",
        "ld s8, 72(sp)",
        "ld s9, 80(sp)",
        "ld s10, 88(sp)",
        "ld s11, 96(sp)",
        "fld fs0, 104(sp)",
        "fld fs1, 112(sp)",
        "fld fs2, 120(sp)",
        "fld fs3, 128(sp)",
        "fld fs4, 136(sp)",
        "fld fs5, 144(sp)",
        "fld fs6, 152(sp)",
        "fld fs7, 160(sp)",
        "fld fs8, 168(sp)",
        "fld fs9, 176(sp)",
        "fld fs10, 184(sp)",
        "fld fs11, 192(sp)",
        "addi sp, sp, 208",
        "ret", // to ra: the caller over there
        ".option pop",
    );
}

/// How many words are on a new stack.
pub const FIRST: usize = 26;

/// These words, from low to high: what `swap` loads.
pub fn first_words(
    _stack: &Stack,
    entry: Entry,
    argument: *mut u8,
) -> [*mut u8; FIRST] {
    let mut words = [ptr::null_mut(); FIRST];
    words[0] = enter as *const () as *mut u8; // ra
    words[2] = entry as *const () as *mut u8; // s1
    words[3] = argument; // s2
    words
}

/// Where the first `ret` jumps to: calls the function in s1.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined ra", // there is no caller
        "mv a0, s2",         // its argument
        "jalr s1",           // it never returns
        "unimp",             // if it does, end the process
        ".cfi_endproc",
    );
}
