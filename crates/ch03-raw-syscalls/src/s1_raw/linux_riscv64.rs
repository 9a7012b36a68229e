//! Stage 1 of chapter 3 on Linux, 64-bit RISC-V: the `ecall` instruction.

use core::arch::asm;

/// The number of `write` on this processor, from the table that all processors
/// added to Linux later share.
pub const WRITE: usize = 64;

/// Asks the kernel for service `number`; returns what it left in `a0`.
///
/// # Safety
///
/// What the request makes the kernel read, write, map or close must be the
/// caller's to read, write, map or close.
// ANCHOR: syscall3_linux_riscv64
#[inline]
pub unsafe fn syscall3(number: usize, a: usize, b: usize, c: usize) -> isize {
    let result;
    // register   on entry             on return
    // a7         number               unchanged
    // a0         first argument       result, or minus an error number
    // a1         second argument      unchanged
    // a2         third argument       unchanged
    // v0 to v31  (anything)           unspecified
    //
    // SAFETY: the registers are loaded as Linux expects, every register
    // that changes is an output, and the kernel works on a stack of its own
    // (`nostack`). Our caller vouches for the request itself.
    unsafe {
        asm!(
            "ecall",                     // enter the kernel
            in("a7") number,             // which service
            inlateout("a0") a => result, // the answer comes back in a0
            in("a1") b,
            in("a2") c,
            clobber_abi("C"),            // names v0 to v31 where the processor
                                         // has them
            options(nostack),
        );
    }
    result
}
// ANCHOR_END: syscall3_linux_riscv64
