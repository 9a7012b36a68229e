//! Stage 1 of chapter 5: a visit to another stack.

mod quiet;

use ch05_fibers::s1_stack_swap::visit;
use ch05_fibers::stack::Stack;
use std::io;
use std::ops::Range;

// ANCHOR: main
fn main() -> io::Result<()> {
    quiet::end_on_closed_pipes();
    let mut stack = Stack::new(64 * 1024)?;
    let other = stack.bottom().addr()..stack.top().addr();
    println!("before: {}", whose_stack(&other));
    let mut guest = || println!("there:  {}", whose_stack(&other));
    // SAFETY: its frames are smaller than the guard.
    unsafe { visit(&mut stack, &mut guest) };
    println!("after:  {}", whose_stack(&other));
    Ok(())
}

/// Where do the locals of this function lie?
#[inline(never)]
fn whose_stack(other: &Range<usize>) -> &'static str {
    let local = 0_u8;
    let address = (&raw const local).addr();
    match other.contains(&address) {
        true => "locals lie on the other stack",
        false => "locals lie on the thread's stack",
    }
}
// ANCHOR_END: main

#[test]
fn runs() -> io::Result<()> {
    let mut stack = Stack::new(64 * 1024)?;
    let other = stack.bottom().addr()..stack.top().addr();
    let mut there = "";
    // SAFETY: its frames are smaller than the guard.
    unsafe { visit(&mut stack, &mut || there = whose_stack(&other)) };
    assert_eq!(there, "locals lie on the other stack");
    assert_eq!(whose_stack(&other), "locals lie on the thread's stack");
    Ok(())
}
