//! The tests of exercise `desugar`, for the stub and the solution.

use super::{Attempt, retry, retry_async};
use ch07_coroutines::{Counted, Later, spin_on};
use std::cell::Cell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

thread_local! {
    /// The numbers that were tried, as decimal digits.
    static TRIED: Cell<u32> = const { Cell::new(0) };
}

fn note(number: u32) {
    TRIED.set(TRIED.get() * 10 + number);
}

fn third_time(number: u32) -> Later<Result<char, u32>> {
    note(number);
    let outcome = if number == 3 { Ok('c') } else { Err(number) };
    Later::new(outcome, number)
}

fn never(number: u32) -> Later<Result<char, u32>> {
    note(number);
    Later::new(Err(number), 0)
}

/// What the compiler's machine does: output, polls, and what was tried.
fn by_the_compiler(
    times: u32,
    attempt: Attempt,
) -> (Result<char, u32>, u64, u32) {
    TRIED.set(0);
    let mut future = pin!(retry_async(times, attempt));
    let mut cx = Context::from_waker(Waker::noop());
    let mut polls = 1;
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return (output, polls, TRIED.get()),
            Poll::Pending => polls += 1,
        }
    }
}

#[test]
fn it_does_what_the_compilers_machine_does() {
    for attempt in [third_time as Attempt, never] {
        for times in 0..6 {
            let expected = by_the_compiler(times, attempt);
            TRIED.set(0);
            let (output, polls) = spin_on(Counted::new(retry(times, attempt)));
            let ours = (output, polls, TRIED.get());
            assert_eq!(ours, expected, "exercise desugar: {times} times");
        }
    }
}

#[test]
fn a_call_tries_nothing() {
    TRIED.set(0);
    let made = retry(3, third_time);
    assert_eq!(TRIED.get(), 0, "exercise desugar: a call is lazy");
    let output = spin_on(made);
    assert_eq!(output, Ok('c'), "exercise desugar: another output");
}
