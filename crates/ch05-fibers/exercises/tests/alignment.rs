//! The tests of exercise `alignment`, for the stub and for the solution.

use super::prepare;
use std::arch::naked_asm;

/// What the function on the other stack has found.
#[repr(C)]
#[derive(Debug, Default)]
struct Found {
    home: usize,
    there: usize,
    rsp: usize,
    argument: usize,
}

/// As in stage 1.
#[unsafe(naked)]
unsafe extern "C" fn swap(save: *mut usize, to: usize) {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov [rdi], rsp",
        "mov rsp, rsi",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    );
}

/// Notes its stack pointer and its argument, which is a [`Found`], and swaps
/// back. It needs no aligned stack itself.
#[unsafe(naked)]
unsafe extern "C" fn note() {
    naked_asm!(
        "mov [rdi + 16], rsp",
        "mov [rdi + 24], rdi",
        "mov rsi, [rdi]",
        "add rdi, 8",
        "sub rsp, 24",
        "jmp {swap}",
        swap = sym swap,
    );
}

const CANARY: usize = 0x5ca1_ab1e_5ca1_ab1e;

#[test]
fn a_function_finds_the_stack_as_after_a_call() {
    for off in [0, 8, 1, 15, 24, 40] {
        let mut stack = vec![CANARY; 8192];
        let range = stack.as_mut_ptr_range();
        // Sixteen-aligned, and then off by that much.
        let end = range.end.cast::<u8>().wrapping_sub(256);
        let top = end.map_addr(|end| (end & !15) + off);
        let mut found = Found::default();
        let found = &raw mut found;
        let function = note as *const () as usize;
        // SAFETY: in the middle of the vector.
        let there = unsafe { prepare(top, function, found.addr()) };
        assert!(
            (top.addr() - 128..top.addr()).contains(&there),
            "exercise alignment: not below the end"
        );
        // SAFETY: ours.
        let home = unsafe { &raw mut (*found).home };
        // SAFETY: prepared; `note` swaps back to us.
        unsafe { swap(home, there) };
        // SAFETY: ours again.
        let Found { rsp, argument, .. } = unsafe { found.read() };
        assert_eq!(
            (rsp + 8) % 16,
            0,
            "exercise alignment: with an end at ...{:x} the function is \
             entered with rsp at ...{:x}",
            top.addr() & 15,
            rsp & 15
        );
        assert_eq!(
            argument,
            found.addr(),
            "exercise alignment: another argument"
        );
        let waste = top.addr() - (rsp + 8);
        assert!(waste < 16, "exercise alignment: {waste} bytes wasted");
        let above = top.map_addr(|top| top.next_multiple_of(8)).cast::<usize>();
        // SAFETY: in the vector, which has 200 bytes more.
        let above = unsafe { above.read() };
        assert_eq!(
            above, CANARY,
            "exercise alignment: something was written above the end"
        );
    }
}
