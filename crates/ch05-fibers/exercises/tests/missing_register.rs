//! The tests of exercise `missing_register`, for the stub and for the solution.
//!
//! They do not wait for the compiler to use a register: they put a canary into
//! each, switch, and look. So they tell as much in a debug build.

use super::{FIRST, first_words, swap};
use std::arch::naked_asm;

/// Both sides: where they have stopped.
#[repr(C)]
struct Sides {
    home: usize,
    there: usize,
}

/// The six registers, in the order in which they are reported.
const NAMES: [&str; 6] = ["rbx", "rbp", "r12", "r13", "r14", "r15"];

/// Puts `canaries` into the six registers, calls `swap(save, to)`, and writes
/// what is in them then back to `canaries`.
#[unsafe(naked)]
unsafe extern "C" fn swap_with(
    canaries: *mut [usize; 6],
    save: *mut usize,
    to: usize,
) {
    naked_asm!(
        "push rbx",
        "push rbp",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push rdi",
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rbx, [rax]",
        "mov rbp, [rax + 8]",
        "mov r12, [rax + 16]",
        "mov r13, [rax + 24]",
        "mov r14, [rax + 32]",
        "mov r15, [rax + 40]",
        "call {swap}",
        "pop rdi",
        "mov [rdi], rbx",
        "mov [rdi + 8], rbp",
        "mov [rdi + 16], r12",
        "mov [rdi + 24], r13",
        "mov [rdi + 32], r14",
        "mov [rdi + 40], r15",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbp",
        "pop rbx",
        "ret",
        swap = sym swap,
    );
}

/// The other side: has canaries of its own, and swaps back at once.
extern "C" fn there(sides: *mut Sides) -> ! {
    let mut canaries = [0; 6];
    loop {
        // Other ones than home has.
        canaries = canaries.map(|canary: usize| canary.wrapping_sub(1));
        // SAFETY: home waits with both.
        let save = unsafe { &raw mut (*sides).there };
        // SAFETY: as above.
        let to = unsafe { (*sides).home };
        // SAFETY: home has stopped in its own `swap_with`.
        unsafe { swap_with(&mut canaries, save, to) };
    }
}

#[test]
fn a_canary_in_each_register_survives_a_thousand_switches() {
    let mut stack = vec![0_u128; 4096];
    let top = stack.as_mut_ptr_range().end.cast::<usize>();
    let mut sides = Sides { home: 0, there: 0 };
    let sides = &raw mut sides;
    let words = first_words(there as *const () as usize, sides.addr());
    let low = top.wrapping_sub(FIRST);
    for (index, word) in words.into_iter().enumerate() {
        // SAFETY: a few words at the end of a vector of 64 KiB.
        unsafe { low.wrapping_add(index).write(word) };
    }
    // SAFETY: ours, and not shared now.
    unsafe { (*sides).there = low.addr() };
    for turn in 0..1000 {
        let sent: [usize; 6] =
            std::array::from_fn(|index| 1_000_000 * (index + 1) + turn);
        let mut back = sent;
        // SAFETY: as above.
        let save = unsafe { &raw mut (*sides).home };
        // SAFETY: as above.
        let to = unsafe { (*sides).there };
        // SAFETY: the other side was prepared, or has stopped in `swap_with`.
        unsafe { swap_with(&mut back, save, to) };
        for (index, name) in NAMES.into_iter().enumerate() {
            assert_eq!(
                back[index], sent[index],
                "exercise missing_register: {name} is lost, in turn {turn}"
            );
        }
    }
}

/// What the canaries do not see: the words of a new stack must fit the pops.
#[test]
fn the_new_stack_is_empty_when_it_is_entered() {
    let words = first_words(1, 2);
    assert_eq!(
        words.iter().filter(|word| **word == 1).count(),
        1,
        "exercise missing_register: the function is there once"
    );
    // Six registers, and where `ret` goes.
    assert_eq!(
        words.len(),
        7,
        "exercise missing_register: a word for each that is popped"
    );
}
