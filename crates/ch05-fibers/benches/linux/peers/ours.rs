//! This crate, with all that it has.

use super::*;
use ch05_fibers::{Runtime, spawn, yield_now};
use std::rc::Rc;

pub fn round_robin(fibers: usize, rounds: usize) -> Option<Duration> {
    // SAFETY: nothing counts on the order in which their calls end.
    Some(unsafe { Runtime::new() }.run(|| {
        let all: Vec<_> = (0..fibers)
            .map(|_| {
                spawn(move || {
                    yield_now(); // all of them have begun
                    for _ in 0..rounds {
                        yield_now();
                    }
                })
            })
            .collect();
        yield_now();
        let start = Instant::now();
        for fiber in all {
            fiber.join().expect("it only yields");
        }
        start.elapsed()
    }))
}

pub fn create(new: bool, count: usize) -> Option<Duration> {
    if new {
        return None;
    }
    // SAFETY: nothing counts on the order in which their calls end.
    Some(unsafe { Runtime::new() }.run(|| {
        let one = || spawn(|| black_box(1)).join().expect("it ends");
        one(); // a stack for the pool
        let start = Instant::now();
        for _ in 0..count {
            one();
        }
        start.elapsed()
    }))
}

pub fn keep(count: usize, look: &mut dyn FnMut()) {
    // SAFETY: nothing counts on the order in which their calls end.
    unsafe { Runtime::new() }.run(|| {
        let go = Rc::new(Cell::new(false));
        for _ in 0..count {
            let go = Rc::clone(&go);
            spawn(move || {
                while !go.get() {
                    yield_now();
                }
            });
        }
        yield_now();
        look();
        go.set(true);
    });
}
