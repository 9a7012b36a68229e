//! The switch on x86-64 with the System V calling convention: Linux, macOS and
//! the BSDs.

use super::{Entry, StackPointer};
use std::arch::{asm, naked_asm};

/// Suspends the running stack, stores its pointer in `save`, and resumes `to`.
///
/// # Safety
///
/// `to` must be a stack that was suspended by this function (or prepared), is
/// alive, and is resumed by nothing else. `save` must be valid for a write.
// ANCHOR: switch_x86_64
#[inline(always)]
pub unsafe fn switch(save: *mut StackPointer, to: StackPointer) {
    // register   on entry                   after label 2
    // rdi        save                       (anything)
    // rsi        to                         (anything)
    // rsp        this stack, 16-aligned     the same again
    // SAFETY: all registers are outputs, but for rbx and rbp, which this stack
    // keeps: in its red zone, the 128 bytes below rsp that signal handlers
    // leave alone. What `to` must be: our caller.
    unsafe {
        asm!(
            "lea rax, [rip + 2f]", // where we continue later,
            "mov [rsp - 8], rax",  // kept on our own stack,
            "mov [rsp - 16], rbp", // with the two registers that
            "mov [rsp - 24], rbx", // cannot be declared
            "mov [rdi], rsp",      // suspended
            "mov rsp, rsi",        // another stack
            "mov rax, [rsi - 8]",  // where that one was suspended
            "jmp rax",
            "2:",                  // resumed
            "mov rbp, [rsp - 16]",
            "mov rbx, [rsp - 24]",
            inout("rdi") save => _,
            inout("rsi") to => _,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            clobber_abi("sysv64"), // and what any call may change
        );
    }
}
// ANCHOR_END: switch_x86_64

/// The words that `first_words` makes.
pub const PREPARED: usize = 3;

/// The stack pointer, just above the address to continue at.
#[inline]
pub fn stopped_at(start: *mut *mut u8) -> StackPointer {
    start.wrapping_add(1).cast()
}

// ANCHOR: first_words_x86_64
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
    // Where `switch` jumps to, and what `start` pops.
    [start, argument, entry]
}

/// Where a new stack begins: calls its entry with its argument.
#[unsafe(naked)]
unsafe extern "C" fn start() {
    // register   on entry
    // rsp        16-aligned; two words, and then the high end
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip", // for debuggers: there is no caller
        "pop rdi",            // the argument
        "pop rax",            // the entry
        "xor ebp, ebp",       // for code that follows frame pointers
        "lea rcx, [rip + 2f]", // a return address that points here,
        "push rcx",           // as after a call; but the processor is not
        "jmp rax",            // to expect a return that never comes
        "2:",
        "ud2", // the entry has returned: stop the process
        ".cfi_endproc",
    );
}
// ANCHOR_END: first_words_x86_64
