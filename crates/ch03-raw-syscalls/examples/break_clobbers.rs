//! Break it, chapter 3: a system call in the middle of a sum, once with all
//! clobbers declared and once without. Build it with and without `--release`.
//!
//! The second call has undefined behaviour, on purpose: it breaks the promise
//! that an `asm!` block makes to the compiler. Don't copy it.

use testing::println;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod sums {
    use std::arch::asm;
    use std::hint::black_box;

    // ANCHOR: add
    /// Twelve numbers, whose sum is 2026.
    pub const NUMBERS: [u64; 12] =
        [3, 14, 15, 92, 65, 35, 89, 79, 323, 846, 264, 201];

    /// Adds them one by one where this stands. The optimiser would rather
    /// carry one sum across the call than twelve numbers; it may not, as
    /// anything could happen in `black_box`.
    #[inline]
    fn add(numbers: [u64; 12]) -> u64 {
        let mut sum = 0_u64;
        for number in numbers {
            sum = black_box(sum.wrapping_add(number));
        }
        sum
    }
    // ANCHOR_END: add

    // ANCHOR: declared
    #[inline]
    fn getppid_declared() {
        // register   on entry         on return
        // rax        110 (getppid)    the answer
        // rcx        (anything)       the address of the next instruction
        // r11        (anything)       the flags
        //
        // SAFETY: `getppid` reads no memory of ours and changes nothing; every
        // register that the instruction changes is an output.
        unsafe {
            asm!(
                "syscall",
                inlateout("rax") 110_u64 => _,
                lateout("rcx") _,
                lateout("r11") _,
                options(nostack),
            );
        }
    }

    /// Adds up twelve numbers, with a system call in the middle.
    pub fn sum_declared() -> u64 {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = black_box(NUMBERS);
        getppid_declared();
        add([a, b, c, d, e, f, g, h, i, j, k, l])
    }
    // ANCHOR_END: declared

    // ANCHOR: undeclared
    #[inline]
    fn getppid_undeclared() {
        // SAFETY: there is none, and that is the point of this program:
        // `syscall` changes rcx and r11, and the compiler is not told.
        unsafe {
            asm!(
                "syscall",
                inlateout("rax") 110_u64 => _,
                options(nostack),
            );
        }
    }

    /// Adds up twelve numbers, with a system call in the middle.
    pub fn sum_undeclared() -> u64 {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = black_box(NUMBERS);
        getppid_undeclared();
        add([a, b, c, d, e, f, g, h, i, j, k, l])
    }
    // ANCHOR_END: undeclared
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() {
    println!("with both clobbers declared: {}", sums::sum_declared());
    println!("with neither declared:       {}", sums::sum_undeclared());
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {
    println!("this program is for Linux on x86-64 only");
}

/// The half that is right. What the other half does to its process is not for
/// a test harness: `tests/break_clobbers.rs` runs it in one of its own.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn runs() {
    let _ = sums::sum_undeclared;
    assert_eq!(sums::sum_declared(), sums::NUMBERS.iter().sum());
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
#[test]
fn runs() {
    main();
}
