//! The switch on x86-64 Windows.
//!
//! The system believes that it knows where a thread's stack is: three words of
//! the thread's block (TIB), at `gs:`, are changed together with rsp, and with
//! them the head of the list of exception handlers. There is no red zone, so
//! what is kept is pushed.

use super::{Entry, StackPointer};
use std::arch::{asm, naked_asm};
use std::ptr;

// ANCHOR: switch_windows
/// Suspends the running stack, stores its pointer in `save`, and resumes `to`.
///
/// # Safety
///
/// `to` must be a stack that was suspended by this function (or prepared), is
/// alive, and is resumed by nothing else. `save` must be valid for a write.
#[inline(always)]
pub unsafe fn switch(save: *mut StackPointer, to: StackPointer) {
    // SAFETY: all registers are outputs, except rbx and rbp, which may not be,
    // and which this stack keeps. What `to` must be: our caller.
    unsafe {
        asm!(
            "push rbp",                     // what cannot be declared
            "push rbx",
            "push qword ptr gs:[0x00]",     // exception handlers,
            "push qword ptr gs:[0x08]",     // the stack's high end,
            "push qword ptr gs:[0x10]",     // its low end as of now,
            "push qword ptr gs:[0x1478]",   // and its last low end
            "lea rax, [rip + 2f]",
            "push rax",                     // where we continue later
            "mov [rcx], rsp",               // stopped
            "mov rsp, rdx",                 // another stack
            "pop rax",
            "jmp rax",                      // where that one was suspended
            "2:",                           // resumed
            "pop qword ptr gs:[0x1478]",
            "pop qword ptr gs:[0x10]",
            "pop qword ptr gs:[0x08]",
            "pop qword ptr gs:[0x00]",
            "pop rbx",
            "pop rbp",
            inout("rcx") save => _,
            inout("rdx") to => _,
            out("rdi") _, out("rsi") _,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _,
            out("xmm10") _, out("xmm11") _, out("xmm12") _, out("xmm13") _,
            out("xmm14") _, out("xmm15") _,
            clobber_abi("win64"),
        );
    }
}
// ANCHOR_END: switch_windows

/// The words that `first_words` makes.
pub const PREPARED: usize = 8;

/// The highest words of a new stack, the highest last.
#[inline]
pub fn first_words(
    bottom: *mut u8,
    top: *mut u8,
    entry: Entry,
    argument: *mut u8,
) -> [*mut u8; PREPARED] {
    let start = start as *const () as *mut u8;
    let entry = entry as *const () as *mut u8;
    // Where `switch` jumps to; what `start` pops: the last low end, the low
    // end, the high end, no exception handlers (minus one), the argument and
    // the entry; and a gap.
    [
        start,
        bottom,
        bottom,
        top,
        ptr::without_provenance_mut(usize::MAX),
        argument,
        entry,
        ptr::null_mut(),
    ]
}

/// The stack pointer at the words themselves.
#[inline]
pub fn stopped_at(start: *mut *mut u8) -> StackPointer {
    start.cast()
}

/// Where a new stack begins: calls its entry with its argument.
#[unsafe(naked)]
unsafe extern "C" fn start() {
    naked_asm!(
        ".seh_proc {name}",
        ".seh_endprologue",
        "pop qword ptr gs:[0x1478]",
        "pop qword ptr gs:[0x10]",
        "pop qword ptr gs:[0x08]",
        "pop qword ptr gs:[0x00]",
        "pop rcx",             // the argument
        "pop rax",             // the entry
        "sub rsp, 40",         // room that a callee expects above itself
        "xor ebp, ebp",
        "lea rdx, [rip + 2f]", // a return address that points here
        "push rdx",
        "jmp rax",
        "2:",
        "ud2",                 // the entry has returned: stop the process
        ".seh_endproc",
        name = sym start,
    );
}
