//! The rules of the promises of stage 3: each with a count, an order, or the
//! drops of what was held.

use ch02_models::s2_callbacks::Jobs;
use ch02_models::{Broken, Loop, Promise, all, promise};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

type Number = Promise<u32, Error>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Error {
    Own(&'static str),
    Broken,
}

impl From<Broken> for Error {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

fn kept(jobs: &Jobs, number: u32) -> Number {
    Promise::fulfilled(jobs, number)
}

/// All that a promise comes to; none if it never does.
fn ends<T: 'static>(
    timers: &mut Loop,
    promise: Promise<T, Error>,
) -> Vec<Result<T, Error>> {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let theirs = Rc::clone(&seen);
    promise.finally(move |_, end| theirs.borrow_mut().push(end));
    timers.run();
    seen.take()
}

#[test]
fn a_continuation_runs_once_whether_it_comes_before_or_after_the_value() {
    for early in [true, false] {
        let mut timers = Loop::new();
        let (resolver, number) = promise(&timers.jobs());
        if !early {
            resolver.resolve(7);
            assert_eq!(format!("{number:?}"), "Promise(fulfilled)");
            assert_eq!(ends(&mut timers, number), [Ok(7)]);
            continue;
        }
        assert_eq!(format!("{number:?}"), "Promise(pending)");
        timers.jobs().add(|_| resolver.resolve(7));
        assert_eq!(ends(&mut timers, number), [Ok(7)]);
    }
}

#[test]
fn a_continuation_never_runs_inside_then_or_resolve() {
    let mut timers = Loop::new();
    let ran = Rc::new(Cell::new(0));
    let (one, two) = (Rc::clone(&ran), Rc::clone(&ran));
    let first = kept(&timers.jobs(), 1);
    first.finally(move |_, _| one.update(|ran| ran + 1));
    assert_eq!(ran.get(), 0, "not in the call that hands it over");
    let (resolver, second) = promise::<u32, Error>(&timers.jobs());
    second.finally(move |_, _| two.update(|ran| ran + 1));
    resolver.resolve(2);
    assert_eq!(ran.get(), 0, "not in the call that settles");
    timers.run();
    assert_eq!(ran.get(), 2);
}

#[test]
fn continuations_run_in_the_order_of_settling() {
    let mut timers = Loop::new();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let mut resolvers = Vec::new();
    for number in 0..4 {
        let (resolver, promise) = promise::<u32, Error>(&timers.jobs());
        let seen = Rc::clone(&seen);
        promise.finally(move |_, _| seen.borrow_mut().push(number));
        resolvers.push(resolver);
    }
    for index in [2, 0, 1, 0] {
        resolvers.remove(index).resolve(0);
    }
    timers.run();
    assert_eq!(seen.take(), [2, 0, 3, 1]);
}

#[test]
fn then_flattens_and_map_does_not_need_to() {
    let mut timers = Loop::new();
    let sum = kept(&timers.jobs(), 1)
        .then(|timers, one| kept(&timers.jobs(), one + 10))
        .then(|timers, eleven| {
            let (resolver, later) = promise(&timers.jobs());
            timers.call_later(std::time::Duration::ZERO, move |_| {
                resolver.resolve(eleven + 100);
            });
            later
        })
        .map(|number| number + 1000);
    assert_eq!(ends(&mut timers, sum), [Ok(1111)]);
}

#[test]
fn an_error_goes_past_then_and_map_to_catch() {
    let mut timers = Loop::new();
    let called = Rc::new(Cell::new(0));
    let (one, two) = (Rc::clone(&called), Rc::clone(&called));
    let failed: Number = Promise::rejected(&timers.jobs(), Error::Own("no"));
    let mended: Number = failed
        .then(move |timers, number| {
            one.update(|called| called + 1);
            kept(&timers.jobs(), number)
        })
        .map(move |number| {
            two.update(|called| called + 1);
            number
        })
        .catch(|timers, error| {
            assert_eq!(error, Error::Own("no"));
            kept(&timers.jobs(), 5)
        })
        .map(|number| number + 1);
    assert_eq!(ends(&mut timers, mended), [Ok(6)]);
    assert_eq!(called.get(), 0);
}

#[test]
fn a_value_goes_past_catch() {
    let mut timers = Loop::new();
    let called = Rc::new(Cell::new(false));
    let theirs = Rc::clone(&called);
    let number: Number = kept(&timers.jobs(), 3).catch(move |timers, _| {
        theirs.set(true);
        kept(&timers.jobs(), 0)
    });
    assert_eq!(ends(&mut timers, number), [Ok(3)]);
    assert!(!called.get());
}

#[test]
fn catch_can_fail_in_its_own_way() {
    let mut timers = Loop::new();
    let failed: Number = Promise::rejected(&timers.jobs(), Error::Own("first"));
    let again: Number = failed.catch(|timers, _| {
        Promise::rejected(&timers.jobs(), Error::Own("second"))
    });
    assert_eq!(ends(&mut timers, again), [Err(Error::Own("second"))]);
}

#[test]
fn a_dropped_resolver_breaks_the_promise_once() {
    let mut timers = Loop::new();
    let (resolver, number) = promise::<u32, Error>(&timers.jobs());
    drop(resolver);
    assert_eq!(format!("{number:?}"), "Promise(rejected)");
    assert_eq!(ends(&mut timers, number), [Err(Error::Broken)]);
}

#[test]
fn a_cancelled_timer_breaks_the_promise_that_it_would_have_kept() {
    let mut timers = Loop::new();
    let (resolver, number) = promise::<u32, Error>(&timers.jobs());
    let hour = std::time::Duration::from_secs(3600);
    let timer = timers.call_later(hour, move |_| resolver.resolve(1));
    assert!(timers.cancel(timer));
    assert_eq!(ends(&mut timers, number), [Err(Error::Broken)]);
}

#[test]
fn a_dropped_promise_cancels_nothing_and_leaks_nothing() {
    let mut timers = Loop::new();
    let held = Rc::new(());
    let (resolver, promise) = promise::<Rc<()>, Error>(&timers.jobs());
    drop(promise);
    resolver.resolve(Rc::clone(&held));
    timers.run();
    assert_eq!(Rc::strong_count(&held), 1);
}

#[test]
fn all_keeps_the_order_of_the_promises() {
    let mut timers = Loop::new();
    let mut resolvers = Vec::new();
    let promises = (0..3).map(|_| {
        let (resolver, promise) = promise::<u32, Error>(&timers.jobs());
        resolvers.push(resolver);
        promise
    });
    let promises = promises.collect();
    let every = all(&timers.jobs(), promises);
    for (number, resolver) in resolvers.into_iter().enumerate().rev() {
        resolver.resolve(number as u32);
    }
    assert_eq!(ends(&mut timers, every), [Ok(vec![0, 1, 2])]);
}

#[test]
fn all_of_none_is_kept_at_once() {
    let mut timers = Loop::new();
    let none: Promise<Vec<u32>, Error> = all(&timers.jobs(), Vec::new());
    assert_eq!(ends(&mut timers, none), [Ok(Vec::new())]);
}

#[test]
fn all_fails_with_the_first_error_and_drops_the_rest() {
    let mut timers = Loop::new();
    let jobs = timers.jobs();
    let held = Rc::new(());
    let value = Promise::fulfilled(&jobs, Rc::clone(&held));
    let (first, one) = promise(&jobs);
    let (second, two) = promise(&jobs);
    let every = all(&jobs, vec![value, two, one]);
    first.reject(Error::Own("first"));
    second.reject(Error::Own("second"));
    let end = ends(&mut timers, every);
    assert!(matches!(end[..], [Err(Error::Own("first"))]));
    assert_eq!(Rc::strong_count(&held), 1);
}

/// Possible by a detour only; without care, the circle would live for ever.
#[test]
fn a_promise_that_waits_for_itself_is_let_go() {
    let mut timers = Loop::new();
    let held = Rc::new(());
    let theirs = Rc::clone(&held);
    let cell = Rc::new(Cell::new(None));
    let taken = Rc::clone(&cell);
    let (resolver, first) = promise::<u32, Error>(&timers.jobs());
    let itself: Number = first.then(move |_, _| {
        drop(theirs);
        taken.take().expect("put there before")
    });
    cell.set(Some(itself));
    resolver.resolve(1);
    timers.run();
    assert_eq!(Rc::strong_count(&held), 1);
}

#[test]
fn dropping_everything_unsettled_drops_the_continuations() {
    let timers = Loop::new();
    let held = Rc::new(());
    let theirs = Rc::clone(&held);
    let (resolver, number) = promise::<u32, Error>(&timers.jobs());
    number.map(move |_| drop(theirs)).finally(|_, _| ());
    // Breaks the promise: a job, which goes with the loop.
    drop(resolver);
    drop(timers);
    assert_eq!(Rc::strong_count(&held), 1);
}
