//! A task that computes, beside one that ticks: on the task's own thread, in
//! pieces, and in a pool.

use ch06_futures::{Pool, ask, block_on, counted, join, yield_now};
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

/// How the ticker fared: how many ticks there were in time, how late the
/// median tick was, and how many times the ticker was polled.
struct Seen {
    ticks: u32,
    late: Duration,
    polls: u32,
}

// ANCHOR: ticker
/// Ticks until `done`: how many ticks came before, and how late each was.
async fn ticker(done: &Cell<bool>) -> (u32, Vec<Duration>) {
    let (mut ticks, mut late) = (0, Vec::new());
    while !done.get() {
        let due = Instant::now() + TICK;
        let _ = ask(0, TICK).await;
        late.push(due.elapsed());
        ticks += u32::from(!done.get());
    }
    (ticks, late)
}

/// Runs a ticker beside some work, and counts the ticker's polls.
fn beside(work: impl Future) -> Seen {
    let (done, polls) = (Cell::new(false), Cell::new(0));
    let work = async {
        work.await;
        done.set(true);
    };
    let ticker = counted(&polls, ticker(&done));
    let ((ticks, mut late), ()) = block_on(join(ticker, work));
    late.sort();
    Seen {
        ticks,
        late: late[late.len() / 2], // the median; there is one tick at least
        polls: polls.get(),
    }
}
// ANCHOR_END: ticker

// ANCHOR: three
fn in_the_task() -> Seen {
    beside(async { compute(WORK) })
}

fn in_pieces() -> Seen {
    beside(async {
        for _ in 0..200 {
            compute(WORK / 200);
            yield_now().await;
        }
    })
}

fn in_a_pool() -> Seen {
    let pool = Pool::new(1);
    beside(async { pool.run(|| compute(WORK)).await })
}
// ANCHOR_END: three

fn main() {
    for (name, seen) in [
        ("in the task", in_the_task()),
        ("in pieces", in_pieces()),
        ("in a pool", in_a_pool()),
    ] {
        let Seen { ticks, polls, .. } = seen;
        let late = seen.late.as_secs_f64() * 1000.0;
        println!(
            "{name:<12} ticks: {ticks:>2}, {late:>5.1} ms late, polls: {polls:>3}"
        );
    }
}

#[test]
fn what_computes_in_the_task_holds_up_the_others() {
    let task = in_the_task();
    assert_eq!(task.ticks, 0, "there is one thread, and it computes");
    assert!(task.late >= WORK - TICK, "{:?}", task.late);
    assert_eq!(task.polls, 2);
    let pieces = in_pieces();
    assert!(pieces.ticks > 0);
    assert!(pieces.polls > 200, "one after each piece");
    let pool = in_a_pool();
    assert!(pool.ticks > 0);
    assert!(pool.polls <= pool.ticks + 3, "one after each wake");
}
