//! Stage 1 of chapter 2: an errand with a thread of its own.
//!
//! The thread sleeps, wakes and goes on where it was: its stack remembers where
//! that is. It leaves out what a thread costs: `examples/thread_cost.rs`.

use crate::{Log, ms};
use std::thread::{self, sleep};

// ANCHOR: s1_errand
/// One errand: three waits, one after the other.
pub fn errand(log: &Log) -> u64 {
    sleep(ms(200));
    log.say("errand: 200 ms are over");
    sleep(ms(100));
    log.say("errand: 100 ms are over");
    sleep(ms(50));
    log.say("errand: 50 ms are over");
    200 + 100 + 50
}
// ANCHOR_END: s1_errand

// ANCHOR: s1_run
/// One errand, and a main line that goes on meanwhile.
pub fn run(log: &Log) {
    log.say("main: an errand is sent off");
    let theirs = log.clone();
    let errand = thread::spawn(move || errand(&theirs));
    log.say("main: goes on meanwhile");
    let total = errand.join().expect("an errand does not panic");
    log.say(format!("main: done, {total} ms in all"));
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
            thread::spawn(move || errand(&theirs))
        })
        .collect();
    let results = threads.into_iter().map(|errand| errand.join());
    results.map(|total| total.expect("it does not panic")).sum()
}
