//! Break it, chapter 2: a callback that is called twice, and one that cannot be.
//!
//! A small library: it orders something from a shop, and gives up waiting after
//! a time. Both the answer and the time-out call the callback. [`order_loosely`]
//! takes one that can be called again and again, and does so. [`order_once`]
//! takes an [`FnOnce`] and holds it in one place: whichever timer fires first
//! takes it out, and leaves the other nothing to call.
//!
//! That an [`FnOnce`] cannot be called twice is checked when it is compiled:
//!
//! ```compile_fail,E0382
//! fn twice(callback: impl FnOnce(&str)) {
//!     callback("the time is over");
//!     callback("the answer is here");
//! }
//! ```
//!
//! No type promises that it is called at all. It leaves out how to stop an order
//! that has been given up.

use crate::Loop;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// There was no answer in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut;

/// What the shop wants for it, or why that is not known.
pub type Price = Result<u32, TimedOut>;

/// The shop answers after `answers`; we wait no longer than `patience`.
// ANCHOR: order_loosely
pub fn order_loosely(
    timers: &mut Loop,
    answers: Duration,
    patience: Duration,
    callback: impl Fn(&mut Loop, Price) + 'static,
) {
    let callback = Rc::new(callback);
    let late = Rc::clone(&callback);
    timers.call_later(answers, move |timers| callback(timers, Ok(40)));
    timers.call_later(patience, move |timers| late(timers, Err(TimedOut)));
}
// ANCHOR_END: order_loosely

/// The shop answers after `answers`; we wait no longer than `patience`.
// ANCHOR: order_once
pub fn order_once(
    timers: &mut Loop,
    answers: Duration,
    patience: Duration,
    callback: impl FnOnce(&mut Loop, Price) + 'static,
) {
    let callback = Rc::new(Cell::new(Some(callback)));
    let late = Rc::clone(&callback);
    timers.call_later(answers, move |timers| {
        if let Some(callback) = callback.take() {
            callback(timers, Ok(40));
        }
    });
    timers.call_later(patience, move |timers| {
        if let Some(callback) = late.take() {
            callback(timers, Err(TimedOut));
        }
    });
}
// ANCHOR_END: order_once
