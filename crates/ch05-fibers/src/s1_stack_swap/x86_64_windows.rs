//! Stage 1 on x86-64 Windows: more registers belong to the caller, and the
//! system wants to know where the stack is.

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
    // register                          on entry
    // rcx                               save
    // rdx                               to
    // rbp rbx rdi rsi r12-r15 xmm6-xmm15  our caller's
    // gs:[0], [8], [0x10], [0x1478]     handlers and bounds of this stack
    naked_asm!(
        "push rbp",
        "push rbx",
        "push rdi",
        "push rsi",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push qword ptr gs:[0x00]",
        "push qword ptr gs:[0x08]",
        "push qword ptr gs:[0x10]",
        "push qword ptr gs:[0x1478]",
        "sub rsp, 168", // ten of 16 bytes, and 8 for alignment
        "movaps [rsp], xmm6",
        "movaps [rsp + 16], xmm7",
        "movaps [rsp + 32], xmm8",
        "movaps [rsp + 48], xmm9",
        "movaps [rsp + 64], xmm10",
        "movaps [rsp + 80], xmm11",
        "movaps [rsp + 96], xmm12",
        "movaps [rsp + 112], xmm13",
        "movaps [rsp + 128], xmm14",
        "movaps [rsp + 144], xmm15",
        "mov [rcx], rsp",
        "mov rsp, rdx",
        "movaps xmm6, [rsp]",
        "movaps xmm7, [rsp + 16]",
        "movaps xmm8, [rsp + 32]",
        "movaps xmm9, [rsp + 48]",
        "movaps xmm10, [rsp + 64]",
        "movaps xmm11, [rsp + 80]",
        "movaps xmm12, [rsp + 96]",
        "movaps xmm13, [rsp + 112]",
        "movaps xmm14, [rsp + 128]",
        "movaps xmm15, [rsp + 144]",
        "add rsp, 168",
        "pop qword ptr gs:[0x1478]",
        "pop qword ptr gs:[0x10]",
        "pop qword ptr gs:[0x08]",
        "pop qword ptr gs:[0x00]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rsi",
        "pop rdi",
        "pop rbx",
        "pop rbp",
        "ret",
    );
}

/// How many words are on a new stack.
pub const FIRST: usize = 36;

/// These words, from low to high: what `swap` pops.
pub fn first_words(
    stack: &Stack,
    entry: Entry,
    argument: *mut u8,
) -> [*mut u8; FIRST] {
    let mut words = [ptr::null_mut(); FIRST];
    words[21] = stack.bottom(); // gs:[0x1478]
    words[22] = stack.bottom(); // gs:[0x10]
    words[23] = stack.top(); // gs:[8]
    words[24] = ptr::without_provenance_mut(usize::MAX); // no handlers
    words[28] = argument; // r12
    words[31] = entry as *const () as *mut u8; // rbx
    words[33] = enter as *const () as *mut u8; // where `ret` goes
    words
}

/// Where the first `ret` jumps to: calls the function in rbx.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter() {
    naked_asm!(
        "mov rcx, r12", // its argument
        "sub rsp, 32",  // room that a callee expects above itself
        "call rbx",     // it never returns
        "ud2",
    );
}
