//! Break it, chapter 2: a callback that is called twice pays twice. Then the
//! same program with a callback that can be called once only.

use ch02_models::once::{Price, TimedOut, order_loosely, order_once};
use ch02_models::{Log, Loop};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

const ANSWERS: Duration = Duration::from_millis(60);
const PATIENCE: Duration = Duration::from_millis(20);

/// What the customer does when she is called back: she pays, here or elsewhere.
// ANCHOR: buy
fn buy(log: &Log, paid: &Cell<u32>, price: Price) {
    let (price, line) = match price {
        Ok(price) => (price, "the answer: paid 40 to the shop"),
        Err(TimedOut) => (45, "the time-out: paid 45 elsewhere"),
    };
    log.say(format!("  {line}"));
    paid.set(paid.get() + price);
}
// ANCHOR_END: buy

// ANCHOR: broken
fn broken(log: &Log) -> u32 {
    let (mut timers, paid) = (Loop::new(), Rc::new(Cell::new(0)));
    let (ours, log) = (Rc::clone(&paid), log.clone());
    order_loosely(&mut timers, ANSWERS, PATIENCE, move |_, price| {
        buy(&log, &ours, price);
    });
    timers.run();
    paid.get()
}
// ANCHOR_END: broken

// ANCHOR: mended
fn mended(log: &Log) -> u32 {
    let (mut timers, paid) = (Loop::new(), Rc::new(Cell::new(0)));
    let (ours, log) = (Rc::clone(&paid), log.clone());
    order_once(&mut timers, ANSWERS, PATIENCE, move |_, price| {
        buy(&log, &ours, price);
    });
    timers.run();
    paid.get()
}
// ANCHOR_END: mended

fn run(log: &Log) {
    log.say("a callback that may be called again (Fn):");
    let paid = broken(log);
    log.say(format!("  paid {paid} for one lamp"));
    log.say("a callback that is called once (FnOnce):");
    let paid = mended(log);
    log.say(format!("  paid {paid} for one lamp"));
}

fn main() {
    run(&Log::printing());
}

#[test]
fn runs() {
    let log = Log::new();
    run(&log);
    assert_eq!(
        log.lines(),
        [
            "a callback that may be called again (Fn):",
            "  the time-out: paid 45 elsewhere",
            "  the answer: paid 40 to the shop",
            "  paid 85 for one lamp",
            "a callback that is called once (FnOnce):",
            "  the time-out: paid 45 elsewhere",
            "  paid 45 for one lamp",
        ]
    );
}
