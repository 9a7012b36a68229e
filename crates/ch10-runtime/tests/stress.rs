//! Tasks of all kinds on one to three threads, with aborts, dropped handles,
//! timeouts and wakes at random, against a model that knows what may come of
//! each task. A seed decides the program, and is printed if it fails; the
//! machine decides the interleaving.
//!
//! `STRESS_SEED=7 cargo test -p ch10-runtime --test stress` runs one seed.

use ch10_runtime::time::{sleep, timeout};
use ch10_runtime::{Handle, JoinError, JoinHandle, Runtime, yield_now};
use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};
use testing::within_a_minute;

/// Seeds are tried in this order for as long.
const FOR: Duration = Duration::from_secs(3);
/// So many tasks in each program.
const TASKS: usize = 200;

/// Numbers that follow from a seed (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % end
    }
}

/// What a task does, and so what may come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Yields so many times, and is done.
    Yields(usize),
    /// Sleeps for so many milliseconds.
    Sleeps(usize),
    /// Has another task do the same, and awaits it.
    Joins,
    /// Waits for its gate, which another thread opens.
    Gate,
    /// Waits for ever, but not longer than a timeout.
    TimesOut,
    /// Waits for ever.
    Waits,
    Panics,
}

/// What is done with a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Awaited,
    AbortedAndAwaited,
    Dropped,
}

/// A gate for one task.
#[derive(Default)]
struct Gate(Mutex<(bool, Option<Waker>)>);

impl Gate {
    async fn pass(&self) {
        poll_fn(|cx| {
            let mut state =
                self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.0 {
                return Poll::Ready(());
            }
            state.1 = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn open(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = true;
        let waker = state.1.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Counts the futures that are there.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of a task. Its output is its number.
async fn body(
    (number, kind): (usize, Kind),
    gate: Arc<Gate>,
    handle: Handle,
    alive: Alive,
) -> usize {
    let _alive = alive;
    match kind {
        Kind::Yields(times) => {
            for _ in 0..times {
                yield_now().await;
            }
        }
        Kind::Sleeps(ms) => sleep(Duration::from_millis(ms as u64)).await,
        Kind::Joins => {
            let other = handle.spawn(async move {
                yield_now().await;
                number
            });
            return other.await.expect("nothing ends it");
        }
        Kind::Gate => gate.pass().await,
        Kind::TimesOut => {
            let limit = Duration::from_millis(2);
            timeout(limit, pending::<()>()).await.expect_err("too late");
        }
        Kind::Waits => pending().await,
        Kind::Panics => std::panic::resume_unwind(Box::new(number)),
    }
    number
}

struct Planned {
    kind: Kind,
    fate: Fate,
    gate: Arc<Gate>,
}

fn plan(numbers: &mut Numbers) -> Planned {
    let kind = match numbers.below(8) {
        0 | 1 => Kind::Yields(numbers.below(10)),
        2 => Kind::Sleeps(numbers.below(4)),
        3 => Kind::Joins,
        4 => Kind::Gate,
        5 => Kind::TimesOut,
        6 => Kind::Waits,
        _ => Kind::Panics,
    };
    let fate = match (numbers.below(4), kind) {
        (0, _) => Fate::Dropped,
        (1, _) | (_, Kind::Waits) => Fate::AbortedAndAwaited,
        _ => Fate::Awaited,
    };
    let gate = Arc::default();
    Planned { kind, fate, gate }
}

/// May this come of this task?
fn allowed(
    number: usize,
    planned: &Planned,
    ended: Result<usize, JoinError>,
) -> bool {
    let aborted = planned.fate == Fate::AbortedAndAwaited;
    match (planned.kind, ended) {
        (_, Err(error)) if error.is_cancelled() => aborted,
        (Kind::Panics, Err(error)) => error
            .into_panic()
            .is_ok_and(|panic| panic.downcast_ref() == Some(&number)),
        (Kind::Panics | Kind::Waits, _) | (_, Err(_)) => false,
        (_, Ok(output)) => output == number,
    }
}

/// Awaits the tasks by their fate; aborts some while others run.
async fn meet(
    plans: &[Planned],
    tasks: Vec<JoinHandle<usize>>,
    numbers: &mut Numbers,
) -> Result<(), String> {
    let mut awaited = Vec::new();
    for (number, task) in tasks.into_iter().enumerate() {
        match plans[number].fate {
            Fate::Dropped => drop(task),
            Fate::AbortedAndAwaited if numbers.below(2) == 0 => {
                task.abort();
                awaited.push((number, task));
            }
            _ => awaited.push((number, task)),
        }
        if numbers.below(5) == 0 {
            yield_now().await;
        }
    }
    for (number, task) in awaited {
        let planned = &plans[number];
        if planned.fate == Fate::AbortedAndAwaited {
            task.abort();
        }
        let ended = task.await;
        let shown = format!("{ended:?}");
        if !allowed(number, planned, ended) {
            let (kind, fate) = (planned.kind, planned.fate);
            return Err(format!("task {number}: {kind:?} {fate:?}: {shown}"));
        }
    }
    Ok(())
}

/// Runs the program of a seed. How many tasks it had.
fn run(seed: u64) -> Result<usize, String> {
    let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let threads = 1 + numbers.below(3);
    let runtime = Runtime::builder().threads(threads).build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let alive = Arc::new(AtomicUsize::new(0));
    let plans: Vec<_> = (0..TASKS).map(|_| plan(&mut numbers)).collect();
    let gates: Vec<_> =
        plans.iter().map(|plan| Arc::clone(&plan.gate)).collect();
    let opening = thread::spawn(move || {
        for gate in gates.iter().rev() {
            gate.open();
            thread::yield_now();
        }
    });
    let spawn = |(number, plan): (usize, &Planned)| {
        let handle = runtime.handle().clone();
        let gate = Arc::clone(&plan.gate);
        let alive = Alive::new(&alive);
        runtime.spawn(body((number, plan.kind), gate, handle, alive))
    };
    let tasks: Vec<_> = plans.iter().enumerate().map(spawn).collect();
    runtime.block_on(meet(&plans, tasks, &mut numbers))?;
    drop(runtime);
    opening.join().map_err(|_| "a wake has panicked")?;
    match alive.load(Ordering::Relaxed) {
        0 => Ok(TASKS),
        left => Err(format!("{left} futures were not dropped")),
    }
}

#[test]
fn whatever_is_done_to_tasks_each_ends_as_the_model_says() {
    let one = std::env::var("STRESS_SEED").ok();
    let one: Option<u64> = one.and_then(|seed| seed.parse().ok());
    let seeds = one.map_or(1..u64::MAX, |seed| seed..seed + 1);
    let (count, tasks) = within_a_minute(move || {
        let begin = Instant::now();
        let (mut count, mut tasks) = (0, 0);
        for seed in seeds {
            match run(seed) {
                Ok(more) => tasks += more,
                Err(error) => panic!("STRESS_SEED={seed}: {error}"),
            }
            count += 1;
            if begin.elapsed() > FOR {
                break;
            }
        }
        (count, tasks)
    });
    println!("{count} programs, {tasks} tasks");
    assert!(count > 0 && tasks == count * TASKS);
}
