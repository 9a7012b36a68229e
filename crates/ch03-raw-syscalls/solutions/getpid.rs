//! Solution of exercise `getpid`.
//!
//! What is left of stage 1 when there are no arguments: the number goes in,
//! the result comes out. The clobbers stay, because they belong to the
//! instruction and to the kernel, not to the service. In the block for x86-64
//! `rdx`, which was an input before, joins them: macOS leaves something in it.
#![cfg(any(
    target_os = "macos",
    all(
        target_os = "linux",
        any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64"
        )
    )
))]

use std::arch::asm;

/// The number of `getpid` on this processor.
pub const GETPID: usize = cfg_select! {
    all(target_os = "linux", target_arch = "x86_64") => { 39 }
    // The table that Linux on all younger processors shares.
    target_os = "linux" => { 172 }
    // BSD call 20; on x86-64 the class, 2, is in the top byte.
    all(target_os = "macos", target_arch = "x86_64") => { 0x0200_0014 }
    target_os = "macos" => { 20 }
};

/// Asks the kernel for service `number`, which takes no arguments; returns
/// what the kernel left in the register for results.
///
/// # Safety
///
/// The service must take no arguments, and return once, with our memory and
/// stack as they were (unlike `vfork` or `rt_sigreturn`).
#[inline]
pub unsafe fn syscall0(number: usize) -> isize {
    let answer: isize;
    //                 number   answer   also changed on return
    // x86-64          rax      rax      rcx, r11; on macOS also rdx
    // Arm, Linux      x8       x0       z, p and ffr (but for 128 bits of z)
    // Arm, macOS      x16      x0       x1; nothing else is promised
    // RISC-V          a7       a0       v0 to v31
    //
    // SAFETY: the number is where the kernel of this system wants it, every
    // register that may change is an output, and the kernel uses a stack of
    // its own. Our caller vouches for the service.
    unsafe {
        cfg_select! {
            target_arch = "x86_64" => {
                asm!(
                    "syscall",           // enter the kernel
                    inlateout("rax") number => answer,
                    lateout("rcx") _,    // the way back
                    lateout("r11") _,    // the flags
                    lateout("rdx") _,    // macOS: a second result
                    options(nostack),
                );
            }
            all(target_os = "linux", target_arch = "aarch64") => {
                asm!(
                    "svc #0",            // enter the kernel
                    in("x8") number,
                    lateout("x0") answer,
                    clobber_abi("C"),    // wide vectors are not kept
                    options(nostack),
                );
            }
            all(target_os = "macos", target_arch = "aarch64") => {
                asm!(
                    "svc #0x80",         // enter the kernel
                    in("x16") number,
                    lateout("x0") answer,
                    lateout("x1") _,     // a second result
                    clobber_abi("C"),    // no promise: expect a C call
                    options(nostack),
                );
            }
            target_arch = "riscv64" => {
                asm!(
                    "ecall",             // enter the kernel
                    in("a7") number,
                    lateout("a0") answer,
                    clobber_abi("C"),    // vectors are not kept
                    options(nostack),
                );
            }
        }
    }
    answer
}

/// The number of this process, fresh from the kernel.
pub fn getpid() -> u32 {
    // SAFETY: `getpid` takes no arguments and only returns a number.
    let answer = unsafe { syscall0(GETPID) };
    // It cannot fail, and process numbers are small and positive.
    answer as u32
}

#[cfg(test)]
#[path = "../exercises/tests/getpid.rs"]
mod tests;
