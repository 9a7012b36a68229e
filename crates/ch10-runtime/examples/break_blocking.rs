//! Break it: a call that blocks, in a task. A second thread looks at dumps and
//! finds it. Then the same program with the call on the pool.

use ch10_runtime::dump::State;
use ch10_runtime::{Handle, Runtime, spawn, spawn_blocking, time};
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use testing::println;

const TICK: Duration = Duration::from_millis(10);

/// Something slow that knows nothing of async: here a file, a checksum.
fn report() {
    thread::sleep(Duration::from_millis(400));
}

// ANCHOR: tasks
async fn on_the_task() {
    report();
}

async fn on_the_pool() {
    spawn_blocking(report).await.expect("it does not panic");
}

/// How late the worst tick was while `work` ran beside it.
async fn worst_tick(
    work: impl Future<Output = ()> + Send + 'static,
) -> Duration {
    let work = spawn(work);
    let mut worst = Duration::ZERO;
    while !work.is_finished() {
        let due = Instant::now() + TICK;
        time::sleep_until(due).await;
        worst = worst.max(due.elapsed());
    }
    worst
}
// ANCHOR_END: tasks

// ANCHOR: watch
/// Looks every 20 ms. Which tasks ran at ten looks in a row, by the line of
/// their `spawn`?
fn watch(handle: &Handle, stop: &AtomicBool) -> Vec<u32> {
    let (mut looks, mut found) = (HashMap::new(), Vec::new());
    while !stop.load(Ordering::Relaxed) {
        let tasks = handle.dump().tasks;
        let running = |id| {
            let state = |task: &ch10_runtime::dump::TaskDump| task.state;
            tasks.iter().find(|task| task.id == id).map(state)
                == Some(State::Running)
        };
        looks.retain(|id, _| running(*id));
        for task in tasks.iter().filter(|task| running(task.id)) {
            let Some(place) = task.spawned else { continue };
            let looks = looks.entry(task.id).or_insert(0);
            *looks += 1;
            if *looks == 10 {
                found.push(place.line());
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
    found
}
// ANCHOR_END: watch

fn run<F>(work: F) -> io::Result<(Duration, Vec<u32>)>
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = Runtime::new()?;
    let (handle, stop) = (runtime.handle(), AtomicBool::new(false));
    Ok(thread::scope(|scope| {
        let (handle, stop) = (handle.clone(), &stop);
        let watching = scope.spawn(move || watch(&handle, stop));
        let worst = runtime.block_on(worst_tick(work));
        stop.store(true, Ordering::Relaxed); // nothing else is shared
        (worst, watching.join().expect("it does not panic"))
    }))
}

fn print(name: &str, (worst, found): (Duration, Vec<u32>)) {
    let worst = worst.as_millis();
    println!("{name}: the worst tick was {worst} ms late");
    for line in found {
        println!("  still running: the task spawned on line {line}");
    }
}

fn main() -> io::Result<()> {
    print("in the task", run(on_the_task())?);
    print("on the pool", run(on_the_pool())?);
    Ok(())
}

#[test]
fn a_task_that_blocks_makes_ticks_late_and_is_found() {
    testing::within_a_minute(|| {
        let (worst, _) = run(on_the_task()).expect("a runtime");
        assert!(worst >= Duration::from_millis(300), "{worst:?}");
    });
}
