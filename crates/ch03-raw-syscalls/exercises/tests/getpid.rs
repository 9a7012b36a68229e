//! The tests of exercise `getpid`, for the stub and for the solution.

use super::{GETPID, getpid, syscall0};
use std::hint::black_box;
use std::os::unix::process::parent_id;
use std::process;

cfg_select! {
    target_os = "linux" => {
        const KNOWN: usize = libc::SYS_getpid as usize;
        const GETPPID: usize = libc::SYS_getppid as usize;
    }
    // Not in the libc crate, since Apple promises nothing.
    target_arch = "x86_64" => {
        const KNOWN: usize = 0x0200_0014;
        const GETPPID: usize = 0x0200_0027;
    }
    _ => {
        const KNOWN: usize = 20;
        const GETPPID: usize = 39;
    }
}

#[test]
fn the_number_is_that_of_getpid() {
    assert_eq!(GETPID, KNOWN, "exercise getpid: another number");
}

#[test]
fn the_kernel_tells_our_number() {
    let wrong = "exercise getpid: the number of some other process";
    assert_eq!(getpid(), process::id(), "{wrong}");
}

/// Not a number remembered from somewhere: the function really passes on what
/// it is asked for.
#[test]
fn any_service_without_arguments_can_be_asked_for() {
    // SAFETY: `getppid` takes no arguments.
    let answer = unsafe { syscall0(GETPPID) };
    let wrong = "exercise getpid: syscall0 does not ask for what it is told";
    assert_eq!(answer, parent_id() as isize, "{wrong}");
}

/// The C library would answer -1 and put the reason into `errno`. The kernel
/// says it in one word. (On macOS a wrong number is a deadly signal.)
#[cfg(target_os = "linux")]
#[test]
fn the_answer_is_the_kernels_and_not_the_c_librarys() {
    // SAFETY: no service has this number, so nothing happens.
    let answer = unsafe { syscall0(1_000_000) };
    let wrong = "exercise getpid: the kernel would answer minus ENOSYS";
    assert_eq!(answer, -libc::ENOSYS as isize, "{wrong}");
}

/// Tells something in a release build only: there the numbers are in
/// registers while the kernel works.
#[test]
fn twelve_numbers_survive_the_call() {
    let numbers: [u64; 12] = std::array::from_fn(|index| 1 << index);
    let [a, b, c, d, e, f, g, h, i, j, k, l] = black_box(numbers);
    // SAFETY: `getpid` takes no arguments.
    black_box(unsafe { syscall0(GETPID) });
    let mut sum = 0;
    for number in [a, b, c, d, e, f, g, h, i, j, k, l] {
        sum = black_box(sum | number);
    }
    assert_eq!(sum, 4095, "exercise getpid: a clobber is not declared");
}
