//! Stage 3 of chapter 1 on x86-64: `mov` with an address in brackets.

use core::arch::asm;

// ANCHOR: dereference_x86_64
/// Reads the eight bytes at `address`.
///
/// # Safety
///
/// There must be eight bytes that may be read, at a multiple of eight.
#[inline]
pub unsafe fn dereference(address: *const u64) -> u64 {
    let value;
    // operand     on entry       on return
    // {address}   the address    unchanged
    // {value}     (anything)     the eight bytes; may be the same register
    //
    // SAFETY: the instruction writes no memory (`readonly`), needs no stack
    // and leaves the flags alone. That the bytes are there: our caller.
    unsafe {
        asm!(
            "mov {value}, qword ptr [{address}]", // value = memory
            value = lateout(reg) value,
            address = in(reg) address,
            options(readonly, nostack, preserves_flags),
        );
    }
    value
}
// ANCHOR_END: dereference_x86_64

// ANCHOR: store_x86_64
/// Writes `value` to the eight bytes at `address`.
///
/// # Safety
///
/// There must be eight bytes that may be written, at a multiple of eight.
#[inline]
pub unsafe fn store(address: *mut u64, value: u64) {
    // operand     on entry       on return
    // {address}   the address    unchanged
    // {value}     the new value  unchanged
    //
    // SAFETY: the instruction needs no stack and leaves the flags alone; as
    // there is no `readonly`, the compiler takes all memory for changed. That
    // the bytes are there, and nobody's but our caller's: our caller.
    unsafe {
        asm!(
            "mov qword ptr [{address}], {value}", // memory = value
            value = in(reg) value,
            address = in(reg) address,
            options(nostack, preserves_flags),
        );
    }
}
// ANCHOR_END: store_x86_64
