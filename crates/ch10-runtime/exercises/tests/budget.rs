//! The tests of exercise `budget`, for the stub and the solution.

use super::{BUDGET, Drain};
use ch10_runtime::{Runtime, spawn_local, yield_now};
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use testing::within_a_minute;

const ITEMS: usize = 100_000;

/// How many items are left is counted from outside.
fn source() -> (Rc<Cell<usize>>, impl FnMut() -> bool + Unpin) {
    let left = Rc::new(Cell::new(ITEMS));
    let theirs = Rc::clone(&left);
    let take = move || {
        let some = theirs.get() > 0;
        theirs.set(theirs.get().saturating_sub(1));
        some
    };
    (left, take)
}

#[test]
fn another_task_has_its_turns_between() {
    let left = within_a_minute(|| {
        let runtime = Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let (left, source) = source();
            let drain = spawn_local(Drain::new(source));
            for _ in 0..10 {
                yield_now().await;
            }
            let between = left.get();
            assert_eq!(drain.await.expect("its output"), ITEMS);
            between
        })
    });
    assert!(
        left > 0,
        "exercise budget: the others had no turn before the end"
    );
}

/// Guard: the budget is used, and the count is right.
#[test]
fn polls_are_few() {
    within_a_minute(|| {
        let runtime = Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let (_, source) = source();
            let (mut drain, mut polls) = (Drain::new(source), 0);
            let taken = poll_fn(|cx| {
                polls += 1;
                Pin::new(&mut drain).poll(cx)
            });
            assert_eq!(taken.await, ITEMS);
            let most = ITEMS / BUDGET + 1;
            assert!(
                polls <= most,
                "exercise budget: {polls} polls, not {most}"
            );
        });
    });
}
