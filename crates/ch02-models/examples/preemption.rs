//! Chapter 2: what can be interrupted. A timer of 10 ms, while other code
//! computes for 100 ms without a pause: in a thread of its own, and in a
//! callback of the same loop. On Linux all of it shares one core, so that the
//! timer's thread runs only if the kernel takes the core from the other.

use ch02_models::Loop;
use std::cell::Cell;
use std::hint::black_box;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};
use testing::println;

const TIMER: Duration = Duration::from_millis(10);
const BUSY: Duration = Duration::from_millis(100);

/// Computes for that much time, and never waits.
// ANCHOR: compute
fn compute(time: Duration) {
    let end = Instant::now() + time;
    let mut number = 0_u64;
    while Instant::now() < end {
        number = black_box(number.wrapping_mul(31).wrapping_add(1));
    }
}
// ANCHOR_END: compute

/// How late the timer is: the kernel decides which thread runs.
// ANCHOR: preemptive
fn with_threads() -> Duration {
    let busy = thread::spawn(|| compute(BUSY));
    let start = Instant::now();
    thread::sleep(TIMER);
    let late = start.elapsed() - TIMER;
    busy.join().expect("it does not panic");
    late
}
// ANCHOR_END: preemptive

/// How late the timer is: the callback decides when to stop.
// ANCHOR: cooperative
fn with_callbacks() -> Duration {
    let (mut timers, late) = (Loop::new(), Rc::new(Cell::default()));
    let (theirs, start) = (Rc::clone(&late), Instant::now());
    timers.call_later(TIMER, move |_| theirs.set(start.elapsed() - TIMER));
    timers.call_later(Duration::ZERO, |_| compute(BUSY));
    timers.run();
    late.get()
}
// ANCHOR_END: cooperative

/// Has this thread, and those that it spawns, share one core.
fn share_one_core() {
    #[cfg(target_os = "linux")]
    ch02_models::threads::share_one_core().expect("its own core is allowed");
}

/// The least of ten attempts, in milliseconds: other programs can only add.
fn least(late: fn() -> Duration) -> f64 {
    let least = (0..10).map(|_| late()).min().unwrap_or_default();
    least.as_secs_f64() * 1e3
}

fn main() {
    share_one_core();
    println!("a 10 ms timer, while other code computes for 100 ms:");
    println!("in a thread    {:>6.1} ms late", least(with_threads));
    println!("in a callback  {:>6.1} ms late", least(with_callbacks));
}

#[test]
fn runs() {
    // How late a thread is depends on what else this machine runs. At least it
    // need not wait until the other ends: it would have to in every attempt.
    share_one_core();
    let attempts = (0..20).map(|_| with_threads());
    assert!(attempts.into_iter().any(|late| late < BUSY / 2));
    assert!(with_callbacks() >= BUSY - TIMER);
}
