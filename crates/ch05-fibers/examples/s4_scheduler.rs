//! Stage 4 of chapter 5: a scheduler; results, a panic, and fibers that do not
//! come to an end.

mod quiet;

use ch05_fibers::s4_scheduler::{Fibers, Scheduler};
use std::panic;

/// Says when it is dropped.
struct Local(&'static str);

impl Drop for Local {
    fn drop(&mut self) {
        println!("{}: locals dropped", self.0);
    }
}

fn main() {
    // One panic is expected; its message would be noise.
    panic::set_hook(Box::new(|_| ()));
    quiet::end_on_closed_pipes();
    three_fibers();
}

// ANCHOR: main
fn three_fibers() {
    // SAFETY: this code and std break none of the five promises.
    let scheduler = unsafe { Scheduler::new() };
    scheduler.spawn(|fibers| {
        let sum = fibers.spawn(|fibers| add(fibers, 3));
        let bad = fibers.spawn(|_| -> u32 { panic!("on a fiber") });
        fibers.spawn(|fibers| {
            let _local = Local("endless");
            for turn in 1.. {
                println!("endless: turn {turn}");
                fibers.yield_now();
            }
        });
        println!("first:   sum is {}", sum.join(fibers).unwrap_or(0));
        let payload = bad.join(fibers).unwrap_err();
        let text = payload.downcast_ref::<&str>();
        println!("first:   a panic, {}", text.unwrap_or(&"without text"));
        fibers.stop();
    });
    scheduler.run();
    drop(scheduler);
    println!("the end");
}

/// Adds up the numbers to `last`, and lets others run before each.
fn add(fibers: &Fibers, last: u32) -> u32 {
    (1..=last).inspect(|_| fibers.yield_now()).sum()
}
// ANCHOR_END: main

#[test]
fn runs() {
    // SAFETY: this code and std break none of the five promises.
    let scheduler = unsafe { Scheduler::new() };
    let sum = scheduler.spawn(|fibers| add(fibers, 3));
    scheduler.run();
    assert_eq!(sum.try_join().unwrap().unwrap(), 6);
    main();
    let _ = panic::take_hook();
}
