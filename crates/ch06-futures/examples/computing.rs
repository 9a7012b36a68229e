//! A task that computes, beside one that ticks: on the task's own thread, in
//! pieces, and in a pool.

use ch06_futures::{Pool, ask, block_on, join, yield_now};
use std::cell::Cell;
use std::hint::black_box;
use std::time::{Duration, Instant};
use testing::println;

const TICK: Duration = Duration::from_millis(10);
const WORK: Duration = Duration::from_millis(200);

/// Keeps a core busy for some time.
fn compute(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        black_box((0..1000_u64).sum::<u64>());
    }
}

// ANCHOR: ticker
/// Ticks until `done`: how many there were before, and how late the worst was.
async fn ticker(done: &Cell<bool>) -> (u32, Duration) {
    let (mut ticks, mut worst) = (0, Duration::ZERO);
    while !done.get() {
        let due = Instant::now() + TICK;
        let _ = ask(0, TICK).await;
        worst = worst.max(due.elapsed());
        ticks += u32::from(!done.get());
    }
    (ticks, worst)
}

/// Runs a ticker beside some work.
fn beside(work: impl Future) -> (u32, Duration) {
    let done = Cell::new(false);
    let work = async {
        work.await;
        done.set(true);
    };
    block_on(join(ticker(&done), work)).0
}
// ANCHOR_END: ticker

// ANCHOR: three
fn in_the_task() -> (u32, Duration) {
    beside(async { compute(WORK) })
}

fn in_pieces() -> (u32, Duration) {
    beside(async {
        for _ in 0..200 {
            compute(WORK / 200);
            yield_now().await;
        }
    })
}

fn in_a_pool() -> (u32, Duration) {
    let pool = Pool::new(1);
    beside(async { pool.run(|| compute(WORK)).await })
}
// ANCHOR_END: three

fn main() {
    for (name, (ticks, worst)) in [
        ("in the task", in_the_task()),
        ("in pieces", in_pieces()),
        ("in a pool", in_a_pool()),
    ] {
        let late = worst.as_secs_f64() * 1000.0;
        println!("{name:<12} ticks: {ticks:>2}, at worst {late:>5.1} ms late");
    }
}

#[test]
fn what_computes_in_the_task_holds_up_the_others() {
    let (ticks, worst) = in_the_task();
    assert_eq!(ticks, 0, "there is one thread, and it computes");
    assert!(worst >= WORK - TICK, "{worst:?}");
    assert!(in_pieces().0 > 0);
    assert!(in_a_pool().0 > 0);
}
