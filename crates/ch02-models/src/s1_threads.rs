//! Stage 1 of chapter 2: an errand with a thread of its own.
//!
//! The thread sleeps, wakes and continues where it was, because its stack says
//! where that is. It leaves out what a thread costs: `examples/thread_cost.rs`.

use crate::Log;
use crate::archive::{Request, TITLE, fetch, look_up, store};
use std::thread;

/// Sleeps until the result has arrived.
// ANCHOR: s1_errand
fn wait<T>(request: Request<T>) -> T {
    thread::sleep(request.delay);
    request.result
}

/// One errand: look up, fetch, store. Gives the number of bytes stored.
pub fn errand(title: &'static str, log: &Log) -> u64 {
    let number = wait(look_up(title));
    log.say(format!("errand: {title} is number {number}"));
    let text = wait(fetch(number));
    log.say(format!("errand: it begins {text:?}"));
    let bytes = wait(store(number, text));
    log.say(format!("errand: stored {bytes} bytes"));
    bytes
}
// ANCHOR_END: s1_errand

/// One errand, and a main line that carries on meanwhile.
// ANCHOR: s1_run
pub fn run(log: &Log) {
    log.say("main: sends off an errand");
    let theirs = log.clone();
    let errand = thread::spawn(move || errand(TITLE, &theirs));
    log.say("main: carries on meanwhile");
    let bytes = errand.join().expect("an errand does not panic");
    log.say(format!("main: done, {bytes} bytes"));
}
// ANCHOR_END: s1_run

/// That many errands at the same time; gives the sum of their results.
///
/// # Panics
///
/// If the system refuses to make that many threads.
pub fn crowd(log: &Log, count: usize) -> u64 {
    let threads: Vec<_> = (0..count)
        .map(|_| {
            let theirs = log.clone();
            thread::spawn(move || errand(TITLE, &theirs))
        })
        .collect();
    let results = threads.into_iter().map(|errand| errand.join());
    results.map(|bytes| bytes.expect("it does not panic")).sum()
}
