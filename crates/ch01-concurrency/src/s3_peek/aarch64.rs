//! Stage 3 of chapter 1 on 64-bit Arm: `ldr` and `str`.

use core::arch::asm;

/// Reads the eight bytes at `address`, here and now.
///
/// # Safety
///
/// There must be eight readable bytes, at a multiple of eight.
// ANCHOR: peek_aarch64
#[inline]
pub unsafe fn peek(address: *const u64) -> u64 {
    let value;
    // operand     on entry       on return
    // {address}   the address    unchanged
    // {value}     (anything)     the eight bytes; may be the same register
    //
    // SAFETY: the instruction writes no memory (`readonly`), uses no stack
    // and leaves the flags alone. The caller promises that the bytes exist.
    unsafe {
        asm!(
            "ldr {value}, [{address}]", // load register
            value = lateout(reg) value,
            address = in(reg) address,
            options(readonly, nostack, preserves_flags),
        );
    }
    value
}
// ANCHOR_END: peek_aarch64

/// Writes `value` to the eight bytes at `address`, here and now.
///
/// # Safety
///
/// There must be eight writable bytes, at a multiple of eight, to which no
/// reference is in use.
// ANCHOR: poke_aarch64
#[inline]
pub unsafe fn poke(address: *mut u64, value: u64) {
    // operand     on entry       on return
    // {address}   the address    unchanged
    // {value}     the new value  unchanged
    //
    // SAFETY: the instruction uses no stack and leaves the flags alone; as
    // `readonly` is missing, the compiler assumes that any memory may have
    // changed. The caller promises that the bytes exist and may be written.
    unsafe {
        asm!(
            "str {value}, [{address}]", // store register
            value = in(reg) value,
            address = in(reg) address,
            options(nostack, preserves_flags),
        );
    }
}
// ANCHOR_END: poke_aarch64
