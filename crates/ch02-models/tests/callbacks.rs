//! The loop of stage 2: what is called, how often, and in which order; and the
//! library of `break_twice` on it.

use ch02_models::Loop;
use ch02_models::once::{Price, TimedOut, order_loosely, order_once};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};
use testing::within_a_minute;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A list that callbacks add to.
#[derive(Clone, Default)]
struct Seen(Rc<RefCell<Vec<&'static str>>>);

impl Seen {
    fn add(&self, what: &'static str) {
        self.0.borrow_mut().push(what);
    }
}

#[test]
fn timers_ring_in_the_order_of_their_deadlines() {
    within_a_minute(|| {
        let (mut timers, seen) = (Loop::new(), Seen::default());
        let start = Instant::now();
        for (delay, name) in [(30, "c"), (10, "a"), (20, "b")] {
            let seen = seen.clone();
            timers.call_later(ms(delay), move |_| seen.add(name));
        }
        assert_eq!(timers.waiting(), 3);
        timers.run();
        assert!(start.elapsed() >= ms(30), "{:?}", start.elapsed());
        assert_eq!(seen.0.take(), ["a", "b", "c"]);
        assert_eq!(timers.waiting(), 0);
    });
}

#[test]
fn of_equal_deadlines_the_first_set_comes_first() {
    let (mut timers, seen) = (Loop::new(), Seen::default());
    let deadline = Instant::now();
    for name in ["a", "b", "c", "d"] {
        let seen = seen.clone();
        timers.call_at(deadline, move |_| seen.add(name));
    }
    timers.run_due();
    assert_eq!(seen.0.take(), ["a", "b", "c", "d"]);
}

#[test]
fn jobs_come_before_timers_that_are_due() {
    let (mut timers, seen) = (Loop::new(), Seen::default());
    let (one, two, three) = (seen.clone(), seen.clone(), seen.clone());
    timers.call_later(Duration::ZERO, move |timers| {
        one.add("timer");
        let seen = one.clone();
        timers.jobs().add(move |_| seen.add("job of the timer"));
    });
    timers.call_later(Duration::ZERO, move |_| two.add("second timer"));
    timers.jobs().add(move |_| three.add("job"));
    timers.run();
    let expected = ["job", "timer", "job of the timer", "second timer"];
    assert_eq!(seen.0.take(), expected);
}

#[test]
fn a_timer_set_by_a_callback_waits_its_time() {
    within_a_minute(|| {
        let (mut timers, start) = (Loop::new(), Instant::now());
        let took = Rc::new(Cell::new(Duration::ZERO));
        let theirs = Rc::clone(&took);
        timers.call_later(ms(5), move |timers| {
            timers.call_later(ms(5), move |_| theirs.set(start.elapsed()));
        });
        timers.run();
        assert!(took.get() >= ms(10), "{took:?}");
    });
}

#[test]
fn a_cancelled_timer_is_dropped_uncalled() {
    let mut timers = Loop::new();
    let held = Rc::new(());
    let theirs = Rc::clone(&held);
    let id = timers.call_later(Duration::from_secs(3600), move |_| {
        drop(theirs);
        panic!("it was cancelled");
    });
    assert!(timers.cancel(id));
    assert!(!timers.cancel(id), "it is gone");
    assert_eq!(Rc::strong_count(&held), 1);
    timers.run(); // returns at once
}

#[test]
fn dropping_the_loop_drops_what_waits() {
    let mut timers = Loop::new();
    let held = Rc::new(());
    let (one, two) = (Rc::clone(&held), Rc::clone(&held));
    timers.call_later(ms(1), move |_| drop(one));
    timers.jobs().add(move |_| drop(two));
    drop(timers);
    assert_eq!(Rc::strong_count(&held), 1);
}

#[test]
fn a_delay_without_end_is_no_overflow() {
    let mut timers = Loop::new();
    let id = timers.call_later(Duration::MAX, |_| panic!("not in this run"));
    timers.run_due();
    assert!(timers.next_deadline().is_some());
    assert!(timers.cancel(id));
}

/// What the callback is called with, in order.
fn prices(
    order: impl FnOnce(&mut Loop, Rc<RefCell<Vec<Price>>>),
) -> Vec<Price> {
    let mut timers = Loop::new();
    let seen = Rc::new(RefCell::new(Vec::new()));
    order(&mut timers, Rc::clone(&seen));
    timers.run();
    seen.take()
}

#[test]
fn loosely_is_twice_and_once_is_once() {
    for (answers, patience) in [(ms(20), ms(5)), (ms(5), ms(20))] {
        let first = if patience < answers {
            Err(TimedOut)
        } else {
            Ok(40)
        };
        let second = if first.is_ok() { Err(TimedOut) } else { Ok(40) };
        let loosely = prices(|timers, seen| {
            order_loosely(timers, answers, patience, move |_, price| {
                seen.borrow_mut().push(price);
            });
        });
        assert_eq!(loosely, [first, second]);
        let once = prices(|timers, seen| {
            order_once(timers, answers, patience, move |_, price| {
                seen.borrow_mut().push(price);
            });
        });
        assert_eq!(once, [first]);
    }
}
