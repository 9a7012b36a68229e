//! Stage 1 of chapter 3 on Linux, x86-64: the `syscall` instruction.

use core::arch::asm;

/// The number of `write` on this processor. Linux gives each processor a table
/// of its own; an entry, once given out, never changes.
pub const WRITE: usize = 1;

/// Asks the kernel for service `number`; returns what it left in `rax`.
///
/// # Safety
///
/// What the request makes the kernel read, write, map or close must be the
/// caller's to read, write, map or close.
// ANCHOR: syscall3_linux_x86_64
#[inline]
pub unsafe fn syscall3(number: usize, a: usize, b: usize, c: usize) -> isize {
    let result;
    // register   on entry             on return
    // rax        number               result, or minus an error number
    // rdi        first argument       unchanged
    // rsi        second argument      unchanged
    // rdx        third argument       unchanged
    // rcx        (anything)           the address of the next instruction
    // r11        (anything)           the flags
    //
    // SAFETY: the registers are loaded as Linux expects, every register
    // that changes is an output, and the kernel works on a stack of its own
    // (`nostack`). Our caller vouches for the request itself.
    unsafe {
        asm!(
            "syscall",                         // enter the kernel
            inlateout("rax") number => result, // which service; the answer
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            lateout("rcx") _,                  // the way back is kept here,
            lateout("r11") _,                  // the flags to restore here
            options(nostack),
        );
    }
    result
}
// ANCHOR_END: syscall3_linux_x86_64
