//! Stage 1 of chapter 3 on macOS, 64-bit Arm: `svc #0x80`.
//!
//! Apple does not promise any of this. The stable interface of macOS is the
//! library `libSystem`; the numbers, the registers and even the existence of a
//! call may change with an update of the system, and programs that bypassed
//! the library have broken that way. Read it, run it, don't ship it.

use core::arch::asm;

/// The number of `write`. Here the BSD calls are the positive numbers and
/// need no class (the Mach calls are the negative ones).
pub const WRITE: usize = 4;

/// Asks the kernel for service `number`; returns what it left in `x0`, or
/// minus that where the carry flag says that it is an error number.
///
/// # Safety
///
/// What the request makes the kernel read, write, map or close must be the
/// caller's to read, write, map or close.
// ANCHOR: syscall3_macos_aarch64
#[inline]
pub unsafe fn syscall3(number: usize, a: usize, b: usize, c: usize) -> isize {
    let result: isize;
    let failed: usize;
    // register   on entry             on return
    // x16        number               (no promise)
    // x0         first argument       result or error number
    // x1         second argument      second result of some calls
    // x2         third argument       (no promise)
    // carry      (anything)           set: x0 is an error number
    //
    // SAFETY: the registers are loaded as XNU expects, every register that
    // changes is an output, and the kernel works on a stack of its own
    // (`nostack`). Our caller vouches for the request itself.
    unsafe {
        asm!(
            "svc #0x80",                 // enter the kernel
            "cset x1, cs",               // 1 if carry is set, 0 if not
            in("x16") number,            // which service
            inlateout("x0") a => result, // the answer comes back in x0
            inlateout("x1") b => failed,
            in("x2") c,
            clobber_abi("C"),            // what a C call may change
            options(nostack),
        );
    }
    if failed == 0 { result } else { -result }
}
// ANCHOR_END: syscall3_macos_aarch64
