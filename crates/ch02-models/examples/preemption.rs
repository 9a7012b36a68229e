//! Chapter 2: who can be interrupted. A timer of 10 ms, while other code
//! computes for 100 ms without a pause: in a thread of its own, and in a
//! callback of the same loop.

use ch02_models::Loop;
use std::cell::Cell;
use std::hint::black_box;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};
use testing::println;

const TIMER: Duration = Duration::from_millis(10);
const BUSY: Duration = Duration::from_millis(100);

// ANCHOR: compute
/// Computes until so much time is over, and never waits.
fn compute(time: Duration) {
    let end = Instant::now() + time;
    let mut number = 0_u64;
    while Instant::now() < end {
        number = black_box(number.wrapping_mul(31).wrapping_add(1));
    }
}
// ANCHOR_END: compute

// ANCHOR: preemptive
/// How late the timer is: the kernel decides who runs.
fn with_threads() -> Duration {
    let busy = thread::spawn(|| compute(BUSY));
    let start = Instant::now();
    thread::sleep(TIMER);
    let late = start.elapsed() - TIMER;
    busy.join().expect("it does not panic");
    late
}
// ANCHOR_END: preemptive

// ANCHOR: cooperative
/// How late the timer is: who runs decides when to stop.
fn with_callbacks() -> Duration {
    let (mut timers, late) = (Loop::new(), Rc::new(Cell::default()));
    let (theirs, start) = (Rc::clone(&late), Instant::now());
    timers.set_timer(TIMER, move |_| theirs.set(start.elapsed() - TIMER));
    timers.set_timer(Duration::ZERO, |_| compute(BUSY));
    timers.run();
    late.get()
}
// ANCHOR_END: cooperative

fn main() {
    println!("a 10 ms timer, while other code computes for 100 ms:");
    let late = |late: Duration| late.as_secs_f64() * 1e3;
    println!("in a thread    {:>6.1} ms late", late(with_threads()));
    println!("in a callback  {:>6.1} ms late", late(with_callbacks()));
}

#[test]
fn runs() {
    // How late a thread is, depends on who else runs on this machine. At least
    // it need not wait for the other: that would be so each time.
    let attempts = (0..20).map(|_| with_threads());
    assert!(attempts.into_iter().any(|late| late < BUSY / 2));
    assert!(with_callbacks() >= BUSY - TIMER);
}
