//! Tasks: from spawn to their end, and their turns.

use crate::Measured;
use crate::peers::Peer;
use futures_lite::future::yield_now;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use testing::bench::{Result, ns_each};

/// How many tasks are spawned before the first of them runs.
const AT_ONCE: usize = 100;
const MANY: usize = 10_000;
const TURNS_AMONG: usize = 1_000;

/// The case in which the root future yields until all tasks have run.
pub const SPAWN_AND_RUN: &str = "spawn and run";

static RAN: AtomicUsize = AtomicUsize::new(0);

fn spawn_and_run<P: Peer>(times: usize) -> Result<f64> {
    RAN.store(0, Ordering::Relaxed);
    P::block_on(async {
        let start = Instant::now();
        let mut spawned = 0;
        while spawned < times {
            for _ in 0..AT_ONCE.min(times - spawned) {
                P::detach(async {
                    RAN.fetch_add(1, Ordering::Relaxed);
                });
                spawned += 1;
            }
            while RAN.load(Ordering::Relaxed) < spawned {
                yield_now().await;
            }
        }
        Ok(ns_each(start.elapsed(), times))
    })
}

fn turns<P: Peer>(times: usize) -> Result<f64> {
    let each = times.div_ceil(TURNS_AMONG);
    P::block_on(async {
        let start = Instant::now();
        let tasks: Vec<_> = (0..TURNS_AMONG)
            .map(|_| {
                P::spawn(async move {
                    for _ in 0..each {
                        yield_now().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await;
        }
        Ok(ns_each(start.elapsed(), each * TURNS_AMONG))
    })
}

fn join_many<P: Peer>(times: usize) -> Result<f64> {
    P::block_on(async {
        let start = Instant::now();
        for _ in 0..times {
            let tasks: Vec<_> = (0..MANY)
                .map(|number| {
                    P::spawn(async move {
                        yield_now().await;
                        number
                    })
                })
                .collect();
            for (task, number) in tasks.into_iter().zip(0..) {
                assert_eq!(task.await, number);
            }
        }
        Ok(ns_each(start.elapsed(), times * MANY))
    })
}

fn row<P: Peer>(
    case: &'static str,
    times: usize,
    run: fn(usize) -> Result<f64>,
) -> Measured {
    Measured {
        group: "tasks",
        peer: P::NAME,
        case,
        unit: "ns",
        per_iteration: 1,
        times,
        rounds: 11,
        run,
    }
}

pub fn rows<P: Peer>() -> Vec<Measured> {
    vec![
        row::<P>(SPAWN_AND_RUN, 200_000, spawn_and_run::<P>),
        row::<P>("a turn among 1,000", 1_000_000, turns::<P>),
        join_row::<P>("tasks"),
    ]
}

/// The third row, in this group.
pub fn join_row<P: Peer>(group: &'static str) -> Measured {
    Measured {
        group,
        per_iteration: MANY,
        ..row::<P>("spawn, yield and join 10,000", 10, join_many::<P>)
    }
}
