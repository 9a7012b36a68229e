//! Stage 4 of chapter 2: a function that stops half way, written by hand.
//!
//! An [`Errand`] is a value that remembers where it stands. `resume` runs it to
//! its next wait and returns to whoever called: asymmetric, as generators are.
//! A symmetric coroutine would name the one to go on instead, and there would
//! be no caller to return to; the fibers of chapter 5 can do that, because each
//! has a stack. This one has none: between two calls it is an enum.

use crate::s2_callbacks::Loop;
use crate::{Log, ms};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

// ANCHOR: step
/// What a coroutine says when it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// It wants to go on once that much time is over.
    Wait(Duration),
    /// It has come to its end, with a result.
    Done(T),
}

/// Something that runs a piece at a time.
pub trait Coroutine {
    /// What it makes in the end.
    type Output;
    /// Runs the next piece. After [`Step::Done`] there is none.
    fn resume(&mut self) -> Step<Self::Output>;
}
// ANCHOR_END: step

/// The errand: all that is left of it between two pieces.
#[derive(Debug)]
pub struct Errand {
    log: Log,
    at: At,
}

// ANCHOR: s4_new
/// An errand that has not begun.
pub fn errand(log: Log) -> Errand {
    let at = At::Start;
    Errand { log, at }
}
// ANCHOR_END: s4_new

// ANCHOR: s4_errand
/// Where an errand stands: in which of its waits.
#[derive(Clone, Copy, Debug)]
enum At {
    Start,
    First,
    Second,
    Third,
    End,
}

impl Coroutine for Errand {
    type Output = u64;

    fn resume(&mut self) -> Step<u64> {
        let (at, step) = match self.at {
            At::Start => (At::First, Step::Wait(ms(200))),
            At::First => {
                self.log.say("errand: 200 ms are over");
                (At::Second, Step::Wait(ms(100)))
            }
            At::Second => {
                self.log.say("errand: 100 ms are over");
                (At::Third, Step::Wait(ms(50)))
            }
            At::Third => {
                self.log.say("errand: 50 ms are over");
                (At::End, Step::Done(200 + 100 + 50))
            }
            At::End => panic!("resumed after its end"),
        };
        self.at = at;
        step
    }
}
// ANCHOR_END: s4_errand

// ANCHOR: drive
/// Resumes a coroutine whenever its wait is over, until it is done.
pub fn drive<C: Coroutine + 'static>(
    timers: &mut Loop,
    mut coroutine: C,
    done: impl FnOnce(&mut Loop, C::Output) + 'static,
) {
    match coroutine.resume() {
        Step::Wait(delay) => {
            timers.set_timer(delay, move |timers| {
                drive(timers, coroutine, done);
            });
        }
        Step::Done(output) => done(timers, output),
    }
}
// ANCHOR_END: drive

// ANCHOR: s4_run
/// One errand, and a main line that goes on meanwhile.
pub fn run(log: &Log) {
    let mut timers = Loop::new();
    log.say("main: an errand is sent off");
    let ours = log.clone();
    drive(&mut timers, errand(log.clone()), move |_, total| {
        ours.say(format!("main: done, {total} ms in all"));
    });
    log.say("main: goes on meanwhile");
    timers.run();
}
// ANCHOR_END: s4_run

/// That many errands at the same time; gives the sum of their results.
pub fn crowd(log: &Log, count: usize) -> u64 {
    let mut timers = Loop::new();
    let sum = Rc::new(Cell::new(0));
    for _ in 0..count {
        let sum = Rc::clone(&sum);
        drive(&mut timers, errand(log.clone()), move |_, total| {
            sum.set(sum.get() + total);
        });
    }
    timers.run();
    sum.get()
}
