//! Stage 3 of chapter 5: two fibers that take turns.

mod quiet;

use ch05_fibers::s3_two_fibers::{Pair, run};
use std::io;

// ANCHOR: main
fn main() -> io::Result<()> {
    quiet::end_on_closed_pipes();
    let count = |pair: &Pair<'_>, me: usize| {
        for number in 1..=[3, 2][me] {
            println!("fiber {me}: {number}");
            pair.yield_now();
        }
        println!("fiber {me}: done");
    };
    // SAFETY: this code and std break none of the five promises.
    unsafe { run(&count) }?;
    println!("home");
    Ok(())
}
// ANCHOR_END: main

#[test]
fn runs() -> io::Result<()> {
    let said = ch05_fibers::s3_two_fibers::transcript()?;
    assert_eq!(said.len(), 7);
    assert_eq!(said[5..], ["fiber 1: done", "fiber 0: done"]);
    main()
}
