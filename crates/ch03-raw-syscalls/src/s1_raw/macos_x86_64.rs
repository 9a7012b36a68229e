//! Stage 1 of chapter 3 on macOS, x86-64: `syscall`, with another convention.
//!
//! Apple does not promise any of this. The stable interface of macOS is the
//! library `libSystem`; the numbers, the registers and even the existence of a
//! call may change with an update of the system, and programs that bypassed
//! the library have broken that way. Read it, run it, don't ship it.

use core::arch::asm;

/// The number of `write`: call 4 of class 2. XNU, the kernel of macOS, puts
/// the class of a call into the top byte: 1 is Mach, 2 is BSD.
pub const WRITE: usize = 0x0200_0004;

/// Asks the kernel for service `number`; returns what it left in `rax`, or
/// minus that where the carry flag says that it is an error number.
///
/// # Safety
///
/// What the request makes the kernel read, write, map or close must be the
/// caller's to read, write, map or close.
// ANCHOR: syscall3_macos_x86_64
#[inline]
pub unsafe fn syscall3(number: usize, a: usize, b: usize, c: usize) -> isize {
    let result: isize;
    let failed: isize;
    // register   on entry             on return
    // rax        class and number     result or error number
    // rdi, rsi   first two arguments  (no promise)
    // rdx        third argument       second result of some calls
    // rcx, r11   (anything)           the way back and the flags
    // carry      (anything)           set: rax is an error number
    //
    // SAFETY: the registers are loaded as XNU expects, every register that
    // changes is an output, and the kernel works on a stack of its own
    // (`nostack`). Our caller vouches for the request itself.
    unsafe {
        asm!(
            "syscall",             // enter the kernel
            "sbb rcx, rcx",        // all ones if carry is set, else zero
            inlateout("rax") number => result,
            in("rdi") a, in("rsi") b, in("rdx") c,
            lateout("rcx") failed,
            clobber_abi("C"),      // rdx, r11, and what a C call may change
            options(nostack),
        );
    }
    if failed == 0 { result } else { -result }
}
// ANCHOR_END: syscall3_macos_x86_64
