//! Stage 1 of chapter 3 on Linux, 64-bit Arm: the `svc` instruction.

use core::arch::asm;

/// The number of `write` on this processor, from the table that all processors
/// added to Linux later share.
pub const WRITE: usize = 64;

/// Asks the kernel for service `number`; returns what it left in `x0`.
///
/// # Safety
///
/// What the request makes the kernel read, write, map or close must be the
/// caller's to read, write, map or close.
// ANCHOR: syscall3_linux_aarch64
#[inline]
pub unsafe fn syscall3(number: usize, a: usize, b: usize, c: usize) -> isize {
    let result;
    // register   on entry             on return
    // x8         number               unchanged
    // x0         first argument       result, or minus an error number
    // x1         second argument      unchanged
    // x2         third argument       unchanged
    // z0 to z31  (anything)           only the low 128 bits are kept
    // p0 to p15  (anything)           zero, as is ffr
    //
    // SAFETY: the registers are loaded as Linux expects, every register
    // that changes is an output, and the kernel works on a stack of its own
    // (`nostack`). Our caller vouches for the request itself.
    unsafe {
        asm!(
            "svc #0",                    // enter the kernel
            in("x8") number,             // which service
            inlateout("x0") a => result, // the answer comes back in x0
            in("x1") b,
            in("x2") c,
            clobber_abi("C"),            // names z0 to z31, p0 to p15 and ffr
                                         // where the processor has them
            options(nostack),
        );
    }
    result
}
// ANCHOR_END: syscall3_linux_aarch64
