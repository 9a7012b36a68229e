//! `join` and `select`: polls, turns and drops. And the pool.

use ch06_futures::{
    Closed, Either, Pool, block_on, counted, join, one_shot, select, yield_now,
};
use std::cell::{Cell, RefCell};
use std::future::{pending, ready};
use testing::within_a_minute;

#[test]
fn a_branch_that_is_ready_is_not_polled_again() {
    let [a, b] = [const { Cell::new(0) }; 2];
    let three = async {
        for _ in 0..3 {
            yield_now().await;
        }
    };
    block_on(join(counted(&a, ready(())), counted(&b, three)));
    assert_eq!([a.get(), b.get()], [1, 4]);
}

#[test]
fn a_busy_branch_does_not_starve_the_other() {
    within_a_minute(|| {
        let done = Cell::new(false);
        let turns = Cell::new(0);
        let busy = async {
            while !done.get() {
                turns.set(turns.get() + 1);
                yield_now().await;
            }
        };
        let other = async {
            for _ in 0..10 {
                yield_now().await;
            }
            done.set(true);
        };
        block_on(join(busy, other));
        assert_eq!(turns.get(), 11);
    });
}

#[test]
fn select_takes_the_first_if_both_are_ready_and_drops_both() {
    struct Noted<'a>(&'a RefCell<Vec<u8>>, u8);
    impl Drop for Noted<'_> {
        fn drop(&mut self) {
            self.0.borrow_mut().push(self.1);
        }
    }
    let drops = RefCell::new(Vec::new());
    let first = async {
        let _held = Noted(&drops, 1);
        'a'
    };
    let second = async {
        let _held = Noted(&drops, 2);
        pending::<()>().await;
    };
    let first = block_on(select(second, first));
    assert_eq!(first, Either::Right('a'));
    // The winner's locals went when it ended, the loser's with the select.
    assert_eq!(drops.take(), [1, 2]);
    let both = block_on(select(ready(1), ready(2)));
    assert_eq!(both, Either::Left(1));
}

#[test]
fn a_loser_that_is_a_receiver_is_told() {
    let (sender, receiver) = one_shot::<u8>();
    block_on(select(ready(()), receiver));
    assert_eq!(sender.send(1), Err(1));
}

#[test]
fn a_job_runs_elsewhere_and_a_panic_closes() {
    within_a_minute(|| {
        let pool = Pool::new(2);
        let here = std::thread::current().id();
        let there = block_on(pool.run(|| std::thread::current().id()));
        assert_ne!(there, Ok(here));
        let panics = pool.run(|| -> u8 { panic!("by a job") });
        assert_eq!(block_on(panics), Err(Closed));
        for number in 0..10 {
            assert_eq!(block_on(pool.run(move || number)), Ok(number));
        }
        let last = pool.run(|| 5);
        drop(pool); // it waits for what is queued
        assert_eq!(block_on(last), Ok(5));
    });
}
