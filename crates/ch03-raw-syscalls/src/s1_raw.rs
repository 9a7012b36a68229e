//! Stage 1 of chapter 3: `write`, asked of the kernel itself.
//!
//! No library stands between this file and the kernel: the registers are
//! loaded by hand and the answer is decoded by hand. What differs between
//! processors and systems is in one file each, below `s1_raw/`, with the same
//! two names in each: [`WRITE`] and [`syscall3`].
//!
//! On Linux this is a supported interface: the numbers of a processor never
//! change. On macOS it happens to work, and Apple promises nothing. On Windows
//! the numbers change between builds, so there is no file for it. There is none
//! for the BSDs either; OpenBSD even kills a program that enters the kernel
//! from outside its C library.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux_x86_64;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use linux_x86_64 as platform;

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
mod linux_aarch64;
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
use linux_aarch64 as platform;

#[cfg(all(target_os = "linux", target_arch = "riscv64"))]
mod linux_riscv64;
#[cfg(all(target_os = "linux", target_arch = "riscv64"))]
use linux_riscv64 as platform;

#[cfg(all(target_os = "macos", target_arch = "x86_64"))]
mod macos_x86_64;
#[cfg(all(target_os = "macos", target_arch = "x86_64"))]
use macos_x86_64 as platform;

#[cfg(all(target_os = "macos", target_arch = "aarch64"))]
mod macos_aarch64;
#[cfg(all(target_os = "macos", target_arch = "aarch64"))]
use macos_aarch64 as platform;

// `lib.rs` leaves this stage out elsewhere; this fails if it forgets to.
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_os = "linux", target_arch = "riscv64")
)))]
compile_error!(
    "stage 1 of chapter 3 enters Linux on x86-64, 64-bit Arm and 64-bit RISC-V, \
     and macOS on the first two; there is no such file for this target"
);

pub use platform::{WRITE, syscall3};

/// A platform's file is complete if this compiles.
const _: usize = WRITE;
const _: unsafe fn(usize, usize, usize, usize) -> isize = syscall3;

// One register carries one number or address. On Linux with 32-bit addresses
// on a 64-bit processor ("x32") the numbers are others, too.
const _: () = assert!(size_of::<usize>() == 8);

/// Writes `bytes` to `fd` by one system call; returns how many it took.
///
/// # Errors
///
/// Whatever the kernel answers, with nothing retried.
// ANCHOR: s1_write
#[inline]
pub fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    let number = fd.as_raw_fd() as usize;
    // "Expose": memory may now be read through this number.
    let address = bytes.as_ptr().expose_provenance();
    // SAFETY: `write` makes the kernel read `bytes.len()` bytes at `address`
    // and nothing else; the slice keeps them readable and the borrow keeps the
    // descriptor open until we return.
    let answer = unsafe { syscall3(WRITE, number, address, bytes.len()) };
    decode(answer)
}

/// Tells a result from an error: the kernel has one register for both, and
/// reserves the 4095 numbers just below zero for errors.
fn decode(answer: isize) -> io::Result<usize> {
    match answer {
        -4095..=-1 => Err(io::Error::from_raw_os_error(-answer as i32)),
        count => Ok(count as usize),
    }
}
// ANCHOR_END: s1_write

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_4095_numbers_below_zero_are_errors_and_no_other() {
        let errno = |answer| decode(answer).unwrap_err().raw_os_error();
        assert_eq!(errno(-1), Some(1));
        assert_eq!(errno(-4095), Some(4095));
        assert_eq!(decode(0).unwrap(), 0);
        assert_eq!(decode(isize::MAX).unwrap(), isize::MAX as usize);
        // An address in the upper half of memory is negative and no error.
        assert_eq!(decode(-4096).unwrap(), -4096_isize as usize);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_number_is_the_one_that_libc_has() {
        assert_eq!(WRITE, libc::SYS_write as usize);
    }
}
