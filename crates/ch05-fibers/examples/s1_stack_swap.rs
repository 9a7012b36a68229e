//! Stage 1 of chapter 5: a visit to another stack.

use ch05_fibers::s1_stack_swap::visit;
use ch05_fibers::stack::Stack;
use std::io;

// ANCHOR: main
fn main() -> io::Result<()> {
    let stack = Stack::new(64 * 1024)?;
    println!("before: {}", whose_stack(&stack));
    visit(&stack, &mut || println!("there:  {}", whose_stack(&stack)));
    println!("after:  {}", whose_stack(&stack));
    Ok(())
}

/// Where do the locals of this function lie?
#[inline(never)]
fn whose_stack(other: &Stack) -> &'static str {
    let local = 0_u8;
    let address = (&raw const local).addr();
    match (other.bottom().addr()..other.top().addr()).contains(&address) {
        true => "locals lie on the other stack",
        false => "locals lie on the thread's stack",
    }
}
// ANCHOR_END: main

#[test]
fn runs() -> io::Result<()> {
    let stack = Stack::new(64 * 1024)?;
    let mut there = "";
    visit(&stack, &mut || there = whose_stack(&stack));
    assert_eq!(there, "locals lie on the other stack");
    assert_eq!(whose_stack(&stack), "locals lie on the thread's stack");
    Ok(())
}
