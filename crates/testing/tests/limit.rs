//! A test in time, one that is late, and one that panics.

use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::{Duration, Instant};
use testing::{within, within_a_minute};

/// The message of a panic.
fn message(act: impl FnOnce()) -> String {
    let why = panic::catch_unwind(AssertUnwindSafe(act));
    let why = why.expect_err("it panics");
    why.downcast_ref::<String>()
        .cloned()
        .or_else(|| why.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .expect("a panic with a text")
}

#[test]
fn what_the_test_returns_comes_back() {
    assert_eq!(within_a_minute(|| vec![1, 2]), [1, 2]);
}

#[test]
fn it_runs_on_a_thread_of_its_own() {
    let here = thread::current().id();
    assert_ne!(within_a_minute(|| thread::current().id()), here);
}

#[test]
fn a_panic_is_passed_on_as_it_was() {
    let text = message(|| within_a_minute(|| panic!("seven is {}", 7)));
    assert_eq!(text, "seven is 7");
}

#[test]
fn a_test_that_hangs_fails_when_its_time_is_over_and_not_before() {
    let limit = Duration::from_millis(40);
    let start = Instant::now();
    let text = message(|| {
        within(limit, || {
            loop {
                thread::park()
            }
        })
    });
    assert_eq!(text, "still not done after 40ms");
    assert!(start.elapsed() >= limit);
    assert!(start.elapsed() < Duration::from_secs(30));
}
