//! Stage 3 of chapter 1: a read that is one instruction of the processor.
//!
//! To the compiler, a read in Rust is a statement about a value: if it knows
//! the value, it needs no read. An `asm!` block is opaque to it. It sees an
//! address go in and a number come out; what the instruction does with memory
//! is between the processor and the page table.
//!
//! What differs between processors is in one file each, below `s3_peek/`, with
//! the same two names in each: [`peek`] and [`poke`]. They are the same on
//! Windows, macOS and Linux.
//!
//! Left out: atomic reads, for which some processors have an instruction of
//! their own; reads of other sizes; and `std::ptr::read_volatile`, which makes
//! the compiler emit such an instruction.

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
use x86_64 as processor;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "aarch64")]
use aarch64 as processor;

#[cfg(target_arch = "riscv64")]
mod riscv64;
#[cfg(target_arch = "riscv64")]
use riscv64 as processor;

// `lib.rs` leaves this stage out elsewhere; this is for a list there that names
// more processors.
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64"
)))]
compile_error!(
    "stage 3 of chapter 1 has the instructions of x86-64, of 64-bit Arm and of \
     64-bit RISC-V; there are none for this processor"
);

pub use processor::{peek, poke};

/// A processor's file is complete if this compiles.
const _: unsafe fn(*const u64) -> u64 = peek;
const _: unsafe fn(*mut u64, u64) = poke;

#[cfg(test)]
mod tests {
    use super::{peek, poke};

    #[test]
    fn reads_what_was_written() {
        let numbers = [1_u64, 2, u64::MAX];
        let read = numbers.each_ref().map(|number| {
            // SAFETY: a reference may be read.
            unsafe { peek(number) }
        });
        assert_eq!(read, numbers);
    }

    #[test]
    fn writes_one_word_and_no_more() {
        let mut words = [7_u64; 3];
        // SAFETY: a mutable reference may be written.
        unsafe { poke(&mut words[1], 0x0123_4567_89ab_cdef) };
        assert_eq!(words, [7, 0x0123_4567_89ab_cdef, 7]);
    }

    /// On the stack, on the heap, and in the program's file.
    #[test]
    fn memory_is_memory() {
        static IN_THE_PROGRAM: u64 = 3;
        let (stack, heap) = (1, Box::new(2));
        let addresses: [&u64; 3] = [&stack, &heap, &IN_THE_PROGRAM];
        // SAFETY: references may be read.
        let read = addresses.map(|address| unsafe { peek(address) });
        assert_eq!(read, [1, 2, 3]);
    }
}
