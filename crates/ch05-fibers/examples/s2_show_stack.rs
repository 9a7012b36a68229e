//! Stage 2 of chapter 5: the picture of a prepared stack, made from its memory.

mod quiet;

use ch05_fibers::s2_show_stack::{Table, picture};
use ch05_fibers::stack::Stack;
use std::io;

// ANCHOR: main
fn main() -> io::Result<()> {
    quiet::end_on_closed_pipes();
    print!("{}", draw()?);
    Ok(())
}

fn draw() -> io::Result<String> {
    let mut stack = Stack::new(64 * 1024)?;
    let mut value = 1_u64;
    let words = picture(&mut stack, function, (&raw mut value).cast());
    Ok(Table(&words).to_string())
}

extern "C" fn function(_argument: *mut u8) -> ! {
    unreachable!("nothing swaps to this stack")
}
// ANCHOR_END: main

#[test]
fn runs() -> io::Result<()> {
    let text = draw()?;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "high end of the stack");
    assert_eq!(lines[lines.len() - 1], "the first swap goes here");
    for name in ["enter", "the function", "the argument"] {
        let value =
            |line: &&str| line.get(8..).map(|rest| rest.starts_with(name));
        let named = lines.iter().filter(|line| value(line) == Some(true));
        assert_eq!(named.count(), 1, "{name}: {text}");
    }
    Ok(())
}
