//! Stage 1 of chapter 5: another stack, and back.
//!
//! A function finds its locals, its saved registers and the way back to its
//! caller by one register, the stack pointer. To change that register is to
//! change all of them at once. This is the switch as most books have it: a
//! function that saves what belongs to its caller, changes stacks, and returns,
//! but on the other stack. It is right, and slow; `ladder` measures why.
//!
//! What differs between processors and systems is in one file each, below
//! `s1_stack_swap/`, with the same three names in each: [`swap`],
//! [`first_words`] and [`FIRST`].
//!
//! A stack can be visited by one at a time, and the compiler sees to it:
//!
//! ```compile_fail,E0499
//! use ch05_fibers::s1_stack_swap::visit;
//! use ch05_fibers::stack::Stack;
//!
//! let mut stack = Stack::new(64 * 1024).unwrap();
//! // SAFETY: it calls nothing.
//! unsafe { visit(&mut stack, &mut || visit(&mut stack, &mut || ())) };
//! ```

use crate::stack::Stack;
use std::ptr;

// For other targets there is a message, in `switch`.
#[cfg(all(unix, target_arch = "x86_64"))]
mod x86_64_unix;
#[cfg(all(unix, target_arch = "x86_64"))]
use x86_64_unix as platform;

#[cfg(all(windows, target_arch = "x86_64"))]
mod x86_64_windows;
#[cfg(all(windows, target_arch = "x86_64"))]
use x86_64_windows as platform;

#[cfg(all(unix, target_arch = "aarch64"))]
mod aarch64;
#[cfg(all(unix, target_arch = "aarch64"))]
use aarch64 as platform;

#[cfg(all(unix, target_arch = "riscv64"))]
mod riscv64;
#[cfg(all(unix, target_arch = "riscv64"))]
use riscv64 as platform;

pub(crate) use platform::enter;
pub use platform::{FIRST, first_words, swap};

/// The first function on a new stack. It has no caller to return to.
pub type Entry = extern "C" fn(argument: *mut u8) -> !;

// ANCHOR: prepare
/// Writes onto a new stack what [`swap`] expects to find on an old one, so that
/// the first swap to the pointer returned calls `entry(argument)`.
pub fn prepare(stack: &mut Stack, entry: Entry, argument: *mut u8) -> *mut u8 {
    let words = first_words(stack, entry, argument);
    let top = stack.top().cast::<*mut u8>();
    for (index, word) in words.into_iter().enumerate() {
        let place = top.wrapping_sub(FIRST - index);
        // SAFETY: the stack is larger than a few words, and its high end is a
        // multiple of 16, so the place is aligned.
        unsafe { place.write(word) };
    }
    top.wrapping_sub(FIRST).cast()
}
// ANCHOR_END: prepare

// ANCHOR: visit_state
/// The two sides of a visit: where each was suspended.
struct Visit<'v> {
    home: *mut u8,
    there: *mut u8,
    guest: &'v mut dyn FnMut(),
}

// ANCHOR_END: visit_state

/// Calls `guest` on another stack, and comes back. Meanwhile the stack is
/// borrowed: a second visit would overwrite the first.
///
/// If `guest` panics, the process is aborted: nothing on that stack catches it.
///
/// # Safety
///
/// A frame without stack probes, in what `guest` calls, must fit on the stack or
/// be smaller than the guard.
// ANCHOR: visit
pub unsafe fn visit(stack: &mut Stack, guest: &mut dyn FnMut()) {
    let mut state = Visit {
        home: ptr::null_mut(),
        there: ptr::null_mut(),
        guest,
    };
    let state = &raw mut state;
    let first = prepare(stack, arrive, state.cast());
    // SAFETY: our own local variable.
    let save = unsafe { &raw mut (*state).home };
    // SAFETY: prepared above; the stack is alive, and only this visit uses it.
    // It returns, since `arrive` swaps back to here.
    unsafe { swap(save, first) };
}

/// Runs on the other stack.
extern "C" fn arrive(state: *mut u8) -> ! {
    // SAFETY: `visit` keeps it, and does not touch it until we swap back.
    let state = unsafe { &mut *state.cast::<Visit<'_>>() };
    (state.guest)();
    // SAFETY: home was suspended by `swap`, and is resumed once, here.
    unsafe { swap(&raw mut state.there, state.home) };
    unreachable!("this stack is not resumed again");
}
// ANCHOR_END: visit

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guest_is_called_on_the_other_stack_and_we_come_back() {
        let mut stack = Stack::new(64 * 1024).unwrap();
        let mut seen = Vec::new();
        for turn in 0..3 {
            let mut guest = || {
                let local = turn;
                seen.push((&raw const local).addr());
            };
            // SAFETY: its frames are smaller than the guard.
            unsafe { visit(&mut stack, &mut guest) };
        }
        assert_eq!(seen.len(), 3);
        let stack = stack.bottom().addr()..stack.top().addr();
        assert!(seen.iter().all(|address| stack.contains(address)));
        let local = 0;
        assert!(!stack.contains(&(&raw const local).addr()));
    }
}
