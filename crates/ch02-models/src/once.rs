//! Break it, chapter 2: a callback that is called twice, and one that cannot be.
//!
//! A small library: it orders something at a shop, and gives up waiting after
//! a time. Both the answer and the time-out call the callback. [`order_loosely`]
//! takes what can be called again and again, and does so. [`order_once`] takes
//! an [`FnOnce`] and holds it in one place: whoever comes first takes it out,
//! and for the other there is nothing left to call.
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
//! That it is called at all, no type promises: [`Answer`] tells when it is not.

use crate::Loop;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// There was no answer in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut;

/// What the shop wants for it, or why that is not known.
pub type Price = Result<u32, TimedOut>;

// ANCHOR: order_loosely
/// The shop answers after `answers`; we wait for it as long as `patience`.
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

// ANCHOR: order_once
/// The shop answers after `answers`; we wait for it as long as `patience`.
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

// ANCHOR: answer
/// A callback that is called exactly once: with what came, or, if it is
/// dropped before, with `None`.
#[derive(Debug)]
pub struct Answer<T, F: FnOnce(Option<T>)> {
    callback: Option<F>,
    of: std::marker::PhantomData<fn(T)>,
}

impl<T, F: FnOnce(Option<T>)> Answer<T, F> {
    /// Wraps a callback.
    pub fn new(callback: F) -> Self {
        let callback = Some(callback);
        let of = std::marker::PhantomData;
        Self { callback, of }
    }

    /// Calls it.
    pub fn give(mut self, value: T) {
        if let Some(callback) = self.callback.take() {
            callback(Some(value));
        }
    }
}

impl<T, F: FnOnce(Option<T>)> Drop for Answer<T, F> {
    fn drop(&mut self) {
        if let Some(callback) = self.callback.take() {
            callback(None);
        }
    }
}
// ANCHOR_END: answer

// ANCHOR: order_and_forget
/// A careless library: it does not order from shops that are closed, and
/// forgets to say so.
pub fn order_and_forget(
    timers: &mut Loop,
    open: bool,
    callback: impl FnOnce(&mut Loop, u32) + 'static,
) {
    if open {
        timers.call_later(Duration::ZERO, move |timers| callback(timers, 40));
    }
}
// ANCHOR_END: order_and_forget
