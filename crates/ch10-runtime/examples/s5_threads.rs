//! Stage 5: several threads. One task spawns four, all into its own thread's
//! queue; the other threads steal them. Then a task computes, and a timer
//! isn't late.

use ch10_runtime::{Runtime, spawn, time};
use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::{self, ThreadId};
use std::time::Duration;
use testing::println;

// ANCHOR: stolen
/// Spawns four tasks. Each blocks its thread until all four run, so they end
/// only if four threads have them.
async fn four_at_once() -> HashSet<ThreadId> {
    let all = Arc::new(Barrier::new(4));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let all = Arc::clone(&all);
            spawn(async move {
                all.wait(); // never do this in a task, outside of a test
                thread::current().id()
            })
        })
        .collect();
    let mut threads = HashSet::new();
    for task in tasks {
        threads.extend(task.await);
    }
    threads
}
// ANCHOR_END: stolen

// ANCHOR: timer
/// A task computes until a timer has fired, without a single `await`. How
/// often it has looked is up to the machine; that it ends is up to us.
async fn computes_beside_a_timer() -> bool {
    let fired = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&fired);
    let timer = spawn(async move {
        time::sleep(Duration::from_millis(10)).await;
        set.store(true, Ordering::Release);
    });
    let computes = spawn(async move {
        while !fired.load(Ordering::Acquire) {
            std::hint::spin_loop();
        }
    });
    computes.await.is_ok() && timer.await.is_ok()
}
// ANCHOR_END: timer

fn main() -> io::Result<()> {
    let runtime = Runtime::builder().threads(4).build()?;
    let threads = runtime.block_on(async { spawn(four_at_once()).await });
    let threads = threads.map_err(io::Error::other)?;
    println!("four tasks at once, on {} threads", threads.len());
    let on_time = runtime.block_on(computes_beside_a_timer());
    println!("a timer fired while a task computed: {on_time}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use testing::within_a_minute;

    #[test]
    fn four_tasks_of_one_queue_run_on_four_threads() {
        let threads = within_a_minute(|| {
            let runtime = Runtime::builder().threads(4).build();
            let runtime = runtime.expect("a runtime");
            runtime.block_on(async { spawn(four_at_once()).await })
        });
        assert_eq!(threads.expect("an output").len(), 4);
    }

    #[test]
    fn a_timer_fires_while_a_task_computes() {
        let on_time = within_a_minute(|| {
            let runtime = Runtime::builder().threads(2).build();
            let runtime = runtime.expect("a runtime");
            runtime.block_on(computes_beside_a_timer())
        });
        assert!(on_time);
    }
}
