//! Bugs that were there once.

mod support;

use ch05_fibers::{Runtime, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::panic::catch_unwind;
use std::rc::Rc;
use support::OnDrop;

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

/// Several fibers are cancelled before they have begun, and what they have
/// captured yields when it is dropped. The first one did switch to the second,
/// and was unwound in the middle of its destructor.
#[test]
fn destructors_of_what_has_not_begun_are_not_cut_in_half() {
    let done = Rc::new(RefCell::new(Vec::new()));
    let mut runtime = Runtime::new();
    runtime.run(|| {
        for number in 0..3 {
            let done = Rc::clone(&done);
            let captured = OnDrop(move || {
                yield_now();
                done.borrow_mut().push(number);
            });
            spawn(move || drop(captured));
        }
    });
    assert!(done.borrow().is_empty());
    drop(runtime);
    assert_eq!(*done.borrow(), [0, 1, 2]);
}

/// As long as others were ready, a fiber that had caught its unwinding did
/// switch to them, and was then unwound a second time.
#[test]
fn who_catches_the_unwinding_is_not_unwound_again() {
    let (done, turns) = (Rc::default(), Rc::default());
    let mut runtime = Runtime::new();
    runtime.run(|| {
        for number in 0..3 {
            let done: Rc<RefCell<Vec<i32>>> = Rc::clone(&done);
            let turns: Rc<Cell<usize>> = Rc::clone(&turns);
            spawn(move || {
                assert!(catch_unwind(yield_now).is_err());
                for _ in 0..3 {
                    yield_now();
                    turns.set(turns.get() + 1);
                    // Nobody else has run in between.
                    assert_eq!(turns.get().div_ceil(3), number as usize + 1);
                }
                done.borrow_mut().push(number);
            });
        }
        yield_now();
    });
    drop(runtime);
    assert_eq!(*done.borrow(), [0, 1, 2]);
}
