//! Fibers of one scheduler that call another's: they are left alone.

mod support;

use ch05_fibers::{s3_two_fibers, s4_scheduler, scope, yield_now};
use std::cell::Cell;
use std::rc::Rc;
use support::runtime;
use testing::within_a_minute;

/// Fibers of another switcher that call a pair's `yield_now` are not the pair's:
/// a switch from there would lose them.
#[test]
fn a_pair_is_left_alone_by_the_fibers_of_others() {
    within_a_minute(|| {
        let calls = Cell::new(0);
        runtime().run(|| {
            let body = |pair: &s3_two_fibers::Pair<'_>, me: usize| {
                if me == 0 {
                    scope(|scope| {
                        for _ in 0..2 {
                            scope.spawn(|| {
                                pair.yield_now();
                                yield_now();
                                pair.yield_now();
                                calls.set(calls.get() + 1);
                            });
                        }
                    });
                }
            };
            // SAFETY: nothing counts on the order in which their calls end.
            unsafe { s3_two_fibers::run(&body) }.unwrap();
        });
        assert_eq!(calls.get(), 2);
    });
}

/// The same with stage 4's scheduler.
#[test]
fn a_scheduler_is_left_alone_by_the_fibers_of_others() {
    within_a_minute(|| {
        let calls = Rc::new(Cell::new(0));
        let count = Rc::clone(&calls);
        runtime().run(move || {
            // SAFETY: nothing counts on the order in which their calls end.
            let scheduler = unsafe { s4_scheduler::Scheduler::new() };
            let handle = scheduler.spawn(move |fibers| {
                scope(|scope| {
                    for _ in 0..2 {
                        scope.spawn(|| {
                            fibers.yield_now();
                            yield_now();
                            fibers.yield_now();
                            count.set(count.get() + 1);
                        });
                    }
                });
            });
            scheduler.run();
            assert!(handle.try_join().is_ok(), "it has not ended");
        });
        assert_eq!(calls.get(), 2);
    });
}
