//! Bugs that were there once.

use ch05_fibers::{Runtime, spawn, yield_now};

/// A fiber that was alone for longer than its budget took itself out of the
/// queue, and switched from its own stack to where that had been before.
#[test]
fn a_fiber_that_yields_alone() {
    let turns = Runtime::new().run(|| {
        let other = spawn(|| ());
        let mut turns = 0_u64;
        for _ in 0..10_000 {
            yield_now();
            turns += 1;
        }
        other.join().unwrap();
        turns
    });
    assert_eq!(turns, 10_000);
}
