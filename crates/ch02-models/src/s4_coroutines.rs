//! Stage 4 of chapter 2: a function that stops half way, written by hand.
//!
//! An [`Errand`] is a value that remembers where it stands. `resume` runs it to
//! its next wait and returns to its caller: it is asymmetric, as generators are.
//! It has no stack of its own: between two calls it is an enum.
//!
//! It leaves out errors, and a handle by which a coroutine that [`drive`] has
//! could be cancelled.

use crate::Log;
use crate::archive::{Request, TITLE, fetch, look_up, store};
use crate::s2_callbacks::Loop;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

// ANCHOR: step
/// What a coroutine says when it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// It wants to continue after that much time.
    Wait(Duration),
    /// It has ended, with a result.
    Done(T),
}

/// Something that runs a piece at a time.
pub trait Coroutine {
    /// Its result.
    type Output;
    /// Runs the next piece. After [`Step::Done`] there is none.
    fn resume(&mut self) -> Step<Self::Output>;
}
// ANCHOR_END: step

// ANCHOR: s4_state
/// The errand: all that is left of it between two pieces.
#[derive(Debug)]
pub struct Errand {
    title: &'static str,
    log: Log,
    at: At,
}

/// Where an errand stands: the request that it waits for, and what it will
/// need afterwards.
#[derive(Clone, Copy, Debug)]
enum At {
    Start,
    LookUp(Request<u32>),
    Fetch(u32, Request<&'static str>),
    Store(Request<u64>),
    End,
}

/// An errand that has not begun.
pub fn errand(title: &'static str, log: Log) -> Errand {
    let at = At::Start;
    Errand { title, log, at }
}
// ANCHOR_END: s4_state

// ANCHOR: s4_errand
impl Coroutine for Errand {
    type Output = u64;

    fn resume(&mut self) -> Step<u64> {
        match self.at {
            At::Start => {
                let request = look_up(self.title);
                self.at = At::LookUp(request);
                Step::Wait(request.delay)
            }
            At::LookUp(Request { result: number, .. }) => {
                let title = self.title;
                self.log.say(format!("errand: {title} is number {number}"));
                let request = fetch(number);
                self.at = At::Fetch(number, request);
                Step::Wait(request.delay)
            }
            At::Fetch(number, Request { result: text, .. }) => {
                self.log.say(format!("errand: it begins {text:?}"));
                let request = store(number, text);
                self.at = At::Store(request);
                Step::Wait(request.delay)
            }
            At::Store(Request { result: bytes, .. }) => {
                self.log.say(format!("errand: stored {bytes} bytes"));
                self.at = At::End;
                Step::Done(bytes)
            }
            At::End => panic!("resumed after its end"),
        }
    }
}
// ANCHOR_END: s4_errand

/// Resumes a coroutine whenever its wait is over, until it is done.
// ANCHOR: drive
pub fn drive<C: Coroutine + 'static>(
    timers: &mut Loop,
    mut coroutine: C,
    done: impl FnOnce(&mut Loop, C::Output) + 'static,
) {
    match coroutine.resume() {
        Step::Wait(delay) => {
            timers.call_later(delay, move |timers| {
                drive(timers, coroutine, done);
            });
        }
        Step::Done(output) => done(timers, output),
    }
}
// ANCHOR_END: drive

/// One errand, and a main line that carries on meanwhile.
// ANCHOR: s4_run
pub fn run(log: &Log) {
    let mut timers = Loop::new();
    log.say("main: sends off an errand");
    let ours = log.clone();
    drive(&mut timers, errand(TITLE, log.clone()), move |_, bytes| {
        ours.say(format!("main: done, {bytes} bytes"));
    });
    log.say("main: carries on meanwhile");
    timers.run();
}
// ANCHOR_END: s4_run

/// That many errands at the same time; gives the sum of their results.
pub fn crowd(log: &Log, count: usize) -> u64 {
    let mut timers = Loop::new();
    let sum = Rc::new(Cell::new(0));
    for _ in 0..count {
        let sum = Rc::clone(&sum);
        drive(&mut timers, errand(TITLE, log.clone()), move |_, bytes| {
            sum.set(sum.get() + bytes);
        });
    }
    timers.run();
    sum.get()
}
