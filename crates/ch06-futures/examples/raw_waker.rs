//! What a future and an executor ask of a waker, entry by entry.

use ch06_futures::raw_waker::{Call, Record};
use ch06_futures::{one_shot, yield_now};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Context;
use testing::println;

/// What was done, and the calls that it made.
fn steps() -> Vec<(&'static str, Vec<Call>)> {
    let mut steps = Vec::new();
    // ANCHOR: steps
    let record = Arc::new(Record::default());
    // `take` gives the calls since it was last called.
    let mut step = |what| steps.push((what, record.take()));
    let waker = record.waker();
    let mut cx = Context::from_waker(&waker);
    step("made");
    let mut yields = pin!(yield_now());
    let _ = yields.as_mut().poll(&mut cx);
    step("polled a yield");
    let (sender, mut receiver) = one_shot();
    let _ = Pin::new(&mut receiver).poll(&mut cx);
    step("polled a receiver");
    let _ = Pin::new(&mut receiver).poll(&mut cx);
    step("polled it again");
    let _ = sender.send(1);
    step("sent");
    drop(waker);
    step("dropped");
    // ANCHOR_END: steps
    steps
}

fn main() {
    for (what, calls) in steps() {
        let calls: Vec<_> = calls.iter().map(|c| format!("{c:?}")).collect();
        println!("{what:<18}{}", calls.join(", "));
    }
}

#[test]
fn a_clone_will_wake_the_same_task_and_another_waker_will_not() {
    let one = Arc::new(Record::default()).waker();
    let other = Arc::new(Record::default()).waker();
    assert!(one.clone().will_wake(&one));
    assert!(!other.will_wake(&one));
}

#[test]
fn each_step_makes_these_calls() {
    let calls: Vec<_> = steps().into_iter().map(|step| step.1).collect();
    let expected = [
        vec![],
        vec![Call::WakeByRef],
        vec![Call::Clone],
        vec![],
        vec![Call::Wake],
        vec![Call::Drop],
    ];
    assert_eq!(calls, expected);
}
