//! Several threads: the work is spread, wakes cross, nothing is lost at the
//! end, and nothing is done when there is nothing to do.

use ch10_runtime::{
    Handle, JoinHandle, Runtime, spawn, spawn_local, yield_now,
};
use std::collections::HashSet;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread::{self, ThreadId};
#[cfg(target_os = "linux")]
use std::time::Duration;
use testing::within_a_minute;

#[cfg(target_os = "linux")]
#[path = "support/addresses.rs"]
mod addresses;

fn runtime(threads: usize) -> Runtime {
    let builder = Runtime::builder().threads(threads);
    builder.build().expect("a runtime")
}

/// Awaits them all.
async fn all<T>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut outputs = Vec::new();
    for task in tasks {
        outputs.push(task.await.expect("an output"));
    }
    outputs
}

#[test]
fn an_unbalanced_load_is_spread_over_the_threads() {
    let threads = within_a_minute(|| {
        // Each of four tasks blocks its thread until all of them run.
        let together = Arc::new(Barrier::new(4));
        let ids: Vec<ThreadId> = runtime(4).block_on(async {
            let root = spawn(async move {
                let task = |_| {
                    let together = Arc::clone(&together);
                    spawn(async move {
                        together.wait();
                        thread::current().id()
                    })
                };
                all((0..4).map(task).collect()).await
            });
            root.await.expect("four threads")
        });
        ids.into_iter().collect::<HashSet<_>>().len()
    });
    assert_eq!(threads, 4);
}

#[test]
fn every_task_of_a_crowd_runs_once() {
    let (sum, polls) = within_a_minute(|| {
        let polls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&polls);
        let sum = runtime(3).block_on(async move {
            let task = |number: u64| {
                let count = Arc::clone(&count);
                spawn(async move {
                    for _ in 0..5 {
                        count.fetch_add(1, Ordering::Relaxed);
                        yield_now().await;
                    }
                    number
                })
            };
            all((0..2_000).map(task).collect())
                .await
                .iter()
                .sum::<u64>()
        });
        (sum, polls.load(Ordering::Relaxed))
    });
    assert_eq!((sum, polls), (1_999_000, 10_000));
}

/// A place for one waker.
#[derive(Default)]
struct Turn {
    state: Mutex<(usize, Option<Waker>)>,
}

impl Turn {
    /// Waits until the count is `until`.
    async fn reach(&self, until: usize) {
        poll_fn(|cx| {
            let mut state = self.state.lock().expect("no panic");
            if state.0 >= until {
                return Poll::Ready(());
            }
            state.1 = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn next(&self) {
        let mut state = self.state.lock().expect("no panic");
        state.0 += 1;
        let waker = state.1.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[test]
fn two_tasks_wake_each_other_a_thousand_times() {
    within_a_minute(|| {
        let (ping, pong) = (Arc::default(), Arc::default());
        let play = |mine: Arc<Turn>, other: Arc<Turn>| async move {
            for round in 1..=1_000 {
                mine.next();
                other.reach(round).await;
            }
        };
        runtime(2).block_on(async {
            let first = spawn(play(Arc::clone(&ping), Arc::clone(&pong)));
            let second = spawn(play(pong, ping));
            all(vec![first, second]).await
        });
    });
}

#[test]
fn a_thread_of_another_program_part_wakes_and_spawns() {
    let outputs = within_a_minute(|| {
        let runtime = runtime(2);
        let handle: Handle = runtime.handle().clone();
        let turn = Arc::new(Turn::default());
        let theirs = Arc::clone(&turn);
        let (send, spawned) = mpsc::channel();
        let other = thread::spawn(move || {
            for number in 0..100 {
                let task = handle.spawn(async move { number });
                send.send(task).expect("it is awaited");
                theirs.next();
            }
        });
        let outputs = runtime.block_on(async {
            turn.reach(100).await;
            all(spawned.iter().collect()).await
        });
        other.join().expect("no panic");
        outputs
    });
    assert_eq!(outputs, (0..100).collect::<Vec<_>>());
}

#[test]
fn tasks_go_on_between_two_calls_of_block_on() {
    within_a_minute(|| {
        let runtime = runtime(2);
        let (send, done) = mpsc::channel();
        runtime.spawn(async move {
            for _ in 0..300 {
                yield_now().await;
            }
            send.send(()).expect("the test waits");
        });
        done.recv().expect("the other thread has run it");
    });
}

#[test]
fn local_tasks_stay_on_their_thread_and_are_woken_from_the_others() {
    within_a_minute(|| {
        runtime(3).block_on(async {
            let home = thread::current().id();
            let turn = Arc::new(Turn::default());
            let (theirs, here) = (Arc::clone(&turn), Rc::new(home));
            let local = spawn_local(async move {
                for round in 1..=100 {
                    theirs.reach(round).await;
                    assert_eq!(thread::current().id(), *here);
                }
            });
            let shared = spawn(async move {
                for _ in 0..100 {
                    turn.next();
                    yield_now().await;
                }
            });
            all(vec![local, shared]).await;
        });
    });
}

#[test]
fn a_task_that_panics_takes_no_thread_along() {
    let survivors = within_a_minute(|| {
        runtime(2).block_on(async {
            let mut panics = 0;
            for number in 0..50 {
                let task = spawn(async move {
                    assert!(number % 2 == 0, "on purpose");
                });
                panics += usize::from(task.await.is_err());
            }
            let together = Arc::new(Barrier::new(2));
            let task = |_| {
                let together = Arc::clone(&together);
                spawn(async move { together.wait().is_leader() })
            };
            // Both threads are still there.
            all((0..2).map(task).collect()).await;
            panics
        })
    });
    assert_eq!(survivors, 25);
}

/// Counts how many of its clones are dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn the_end_drops_every_future_also_those_that_run() {
    let (dropped, cancelled) = within_a_minute(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let runtime = runtime(3);
        let task = |number: usize| {
            let counted = Counted(Arc::clone(&drops));
            runtime.spawn(async move {
                let _counted = counted;
                match number % 3 {
                    0 => pending().await,
                    1 => loop {
                        yield_now().await;
                    },
                    _ => loop {
                        spawn(yield_now()).await.expect("an output");
                    },
                }
            })
        };
        let tasks: Vec<JoinHandle<()>> = (0..90).map(task).collect();
        runtime.block_on(async {
            for _ in 0..100 {
                yield_now().await;
            }
        });
        drop(runtime);
        let dropped = drops.load(Ordering::Relaxed);
        let outside = Runtime::new().expect("a runtime");
        let cancelled = tasks.into_iter().filter(|_| true).map(|task| {
            let ended = outside.block_on(task);
            usize::from(ended.is_err())
        });
        (dropped, cancelled.sum::<usize>())
    });
    assert_eq!(dropped, 90);
    assert!(cancelled >= 60, "{cancelled}"); // others may have panicked
}

#[test]
fn what_is_spawned_after_the_end_is_cancelled() {
    within_a_minute(|| {
        let runtime = runtime(2);
        let handle = runtime.handle().clone();
        drop(runtime);
        let task = handle.spawn(async { 1 });
        let ended = Runtime::new().expect("a runtime").block_on(task);
        assert!(ended.expect_err("no output").is_cancelled());
    });
}

#[test]
fn block_on_within_a_task_of_any_thread_is_refused() {
    within_a_minute(|| {
        let ended = runtime(2).block_on(async {
            let inner = || async {
                let runtime = Runtime::new().expect("a runtime");
                runtime.block_on(async {});
            };
            let tasks = (0..4).map(|_| spawn(inner()));
            let mut panics = 0;
            for task in tasks.collect::<Vec<_>>() {
                let error = task.await.expect_err("it is refused");
                panics += usize::from(error.is_panic());
            }
            panics
        });
        assert_eq!(ended, 4);
    });
}

/// The process may have no more address space than it has, so there is none for
/// a stack. In a child, because the limit is not raised again.
#[cfg(target_os = "linux")]
#[test]
fn a_thread_that_cannot_be_created_is_an_error() {
    if pages() > 1 << 28 {
        return; // a sanitizer has taken terabytes, and needs more
    }
    let child = testing::in_a_child(
        "a_thread_that_cannot_be_created_is_an_error",
        || {
            if !addresses::limit(1 << 20) {
                let why = "this emulator sets no such limit";
                return eprintln!("not tested: {why}");
            }
            let runtime = Runtime::builder().threads(3).build();
            let error: std::io::Error = runtime.expect_err("no thread");
            println!("refused: {}", !error.to_string().is_empty());
        },
    );
    if let Some(output) = child {
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        let emulated = errors.contains("not tested: ");
        assert!(emulated || text.contains("refused: true"), "{text}{errors}");
    }
}

/// How many pages of address space this process has.
#[cfg(target_os = "linux")]
fn pages() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm");
    let text = text.expect("this is Linux");
    let first = text.split(' ').next().expect("a number");
    first.parse().expect("a number")
}

#[test]
fn a_job_of_a_blocked_thread_is_stolen() {
    let (runner, blocked) = within_a_minute(|| {
        runtime(2).block_on(async {
            let task = spawn(async {
                let gate = Arc::new((Mutex::new(None), Condvar::new()));
                let theirs = Arc::clone(&gate);
                // It goes to this thread's own deque. Blocking now must not
                // keep it there.
                drop(spawn(async move {
                    let id = thread::current().id();
                    *theirs.0.lock().expect("no panic") = Some(id);
                    theirs.1.notify_one();
                }));
                let mut runner = gate.0.lock().expect("no panic");
                while runner.is_none() {
                    runner = gate.1.wait(runner).expect("no panic");
                }
                (*runner, Some(thread::current().id()))
            });
            task.await.expect("an output")
        })
    });
    assert_ne!(runner, blocked);
}

#[test]
fn what_comes_from_outside_is_not_starved_by_tasks_that_wake_each_other() {
    within_a_minute(|| {
        let runtime = runtime(2);
        let handle = runtime.handle().clone();
        runtime.block_on(async {
            // More than there are threads, and always ready.
            for _ in 0..8 {
                drop(spawn(async {
                    loop {
                        yield_now().await;
                    }
                }));
            }
            let (send, got) = mpsc::channel();
            let other = thread::spawn(move || {
                send.send(handle.spawn(async { 1 })).expect("it is awaited");
            });
            other.join().expect("no panic");
            let task = got.recv().expect("it was spawned");
            assert_eq!(task.await.expect("an output"), 1);
        });
    });
}

#[cfg(target_os = "linux")]
#[test]
fn an_idle_runtime_takes_no_time_of_the_processor() {
    let used = within_a_minute(|| {
        let builder = Runtime::builder().threads(3).thread_name("idle");
        let runtime = builder.build().expect("a runtime");
        let (send, id) = mpsc::channel();
        runtime.spawn(async move { send.send(()).expect("the test waits") });
        id.recv().expect("the threads run");
        thread::sleep(Duration::from_millis(200));
        let before = switches();
        thread::sleep(Duration::from_millis(500));
        switches() - before
    });
    // The threads of the runtime have not been switched to at all.
    assert_eq!(used, 0);
}

/// How often the threads of a runtime have given the processor away.
#[cfg(target_os = "linux")]
fn switches() -> u64 {
    let mut sum = 0;
    let tasks = std::fs::read_dir("/proc/self/task").expect("this is Linux");
    for task in tasks {
        let path = task.expect("an entry").path();
        let text = std::fs::read_to_string(path.join("status"));
        let text = text.unwrap_or_default();
        if !text.contains("Name:\tidle") {
            continue;
        }
        for line in text.lines().filter(|line| line.contains("ctxt_switches")) {
            let count = line.split_whitespace().last().unwrap_or_default();
            sum += count.parse::<u64>().expect("a number");
        }
    }
    sum
}
