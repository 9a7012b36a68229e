//! Stage 2 of chapter 10: sleeping, a limit, an interval, and a hundred
//! thousand tasks that sleep.

use ch10_runtime::time::{interval, now, sleep, timeout};
use ch10_runtime::{Runtime, spawn};
use std::io;
use std::time::Duration;
use testing::println;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

// ANCHOR: three
/// Three sleepers at once: in which order they end, and after how long.
async fn three() -> (Vec<u64>, Duration) {
    let start = now();
    let (done, ended) = async_channel::unbounded();
    for time in [90, 30, 60] {
        let done = done.clone();
        spawn(async move {
            sleep(ms(time)).await;
            let _ = done.send(time).await; // it is received below
        });
    }
    drop(done); // the tasks have the other ends
    let mut order = Vec::new();
    while let Ok(time) = ended.recv().await {
        order.push(time);
    }
    (order, now() - start)
}
// ANCHOR_END: three

// ANCHOR: limit
/// A heartbeat, as long as the work takes, and a limit to both.
async fn heartbeats(work: Duration, limit: Duration) -> (u32, bool) {
    let mut beats = 0;
    let mut interval = interval(ms(40));
    let beating = async {
        loop {
            interval.tick().await;
            beats += 1;
        }
    };
    let working = async {
        sleep(work).await;
    };
    let both = futures_lite::future::or(working, beating);
    let in_time = timeout(limit, both).await.is_ok();
    (beats, in_time)
}
// ANCHOR_END: limit

// ANCHOR: many
/// So many tasks that sleep, all on this thread.
async fn many(tasks: u64) -> Duration {
    let start = now();
    let tasks: Vec<_> = (0..tasks)
        .map(|number| spawn(sleep(ms(500 + number % 100))))
        .collect();
    for task in tasks {
        // It neither panics nor is it cancelled.
        let _ = task.await;
    }
    now() - start
}
// ANCHOR_END: many

/// All of it.
#[derive(Debug)]
struct Report {
    three: (Vec<u64>, Duration),
    slow: (u32, bool),
    quick: (u32, bool),
    many: Duration,
}

fn run() -> io::Result<Report> {
    let runtime = Runtime::new()?;
    Ok(runtime.block_on(async {
        Report {
            three: three().await,
            slow: heartbeats(ms(60_000), ms(100)).await,
            quick: heartbeats(ms(60), ms(60_000)).await,
            many: many(100_000).await,
        }
    }))
}

fn main() -> io::Result<()> {
    let report = run()?;
    let (order, took) = report.three;
    println!("woken: {order:?}, after {} ms", took.as_millis());
    for (beats, in_time) in [report.slow, report.quick] {
        let end = if in_time { "done" } else { "given up" };
        println!("{end} after {beats} heartbeats");
    }
    let took = report.many.as_millis();
    println!("100000 tasks have slept after {took} ms");
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let report = run().expect("a runtime");
        assert!(report.three.1 >= ms(90), "{report:?}");
        assert_eq!(report.three.0.len(), 3);
        assert!(!report.slow.1 && report.slow.0 >= 1, "{report:?}");
        assert!(report.quick.1 && report.quick.0 >= 1, "{report:?}");
        assert!(report.many >= ms(599), "{report:?}");
    });
}
