//! Two threads: what a task costs there, and how soon each of many tasks that
//! one task has spawned comes to its end.

use crate::Measured;
use crate::peers::{Ours, Peer, RUNS, Tokio};
use crate::tasks;
use crate::together::{Once, Together, mean_median_p99};
use async_channel::Sender;
use async_executor::Executor;
use ch10_runtime as ours;
use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;
use testing::bench::{Result, grouped};

const THREADS: usize = 2;

/// Ours, on two threads.
pub struct OursOnTwo;

impl Peer for OursOnTwo {
    const NAME: &'static str = "ours";

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = ours::Runtime::builder().threads(THREADS).build();
        runtime.expect(RUNS).block_on(future)
    }

    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        Ours::spawn(future)
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        Ours::detach(future);
    }
}

/// tokio's `multi_thread`. The thread of `block_on` is not one of the two.
pub struct TokioOnTwo;

impl Peer for TokioOnTwo {
    const NAME: &'static str = "tokio, multi-thread";

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(THREADS).enable_all();
        builder.build().expect(RUNS).block_on(future)
    }

    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        Tokio::spawn(future)
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        Tokio::detach(future);
    }
}

/// smol's: an executor that two threads run.
pub struct ExecutorOnTwo;

static EXECUTOR: Executor<'static> = Executor::new();

impl Peer for ExecutorOnTwo {
    const NAME: &'static str = "async-executor";

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let (stop, stopped) = async_channel::bounded::<()>(1);
        thread::scope(|scope| {
            scope.spawn(|| async_io::block_on(EXECUTOR.run(stopped.recv())));
            let output = async_io::block_on(EXECUTOR.run(future));
            drop(stop);
            output
        })
    }

    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        EXECUTOR.spawn(future)
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        EXECUTOR.spawn(future).detach();
    }
}

/// Tasks that are joined by the root future.
pub fn rows() -> Vec<Measured> {
    vec![
        tasks::join_row::<OursOnTwo>("threads"),
        tasks::join_row::<TokioOnTwo>("threads"),
        tasks::join_row::<ExecutorOnTwo>("threads"),
    ]
}

const TASKS: usize = 10_000;
/// How many steps of arithmetic a task takes.
const LIGHT: u64 = 1_000;
const HEAVY: u64 = 250 * LIGHT;
/// Where some are heavy, one task in so many is.
const ONE_IN: usize = 100;

/// What the tasks of one round share.
struct Load {
    start: Instant,
    /// How many nanoseconds after the start each task has ended.
    ended: Vec<AtomicU64>,
    /// How many have not ended.
    left: AtomicUsize,
    all_ended: Sender<()>,
}

impl Load {
    /// One task.
    fn run(&self, number: usize, steps: u64) {
        let mut sum = number as u64;
        for step in 0..steps {
            sum = black_box(sum.wrapping_mul(31).wrapping_add(step));
        }
        let ended = self.start.elapsed().as_nanos() as u64;
        self.ended[number].store(ended, Ordering::Relaxed);
        // Release and Acquire: whoever is the last has seen all of them.
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            // The root future waits, so there is room and a receiver.
            self.all_ended.try_send(()).expect(RUNS);
        }
    }
}

/// One task spawns all others. When each of those has ended: the mean, the
/// median, the 99th percentile and the last.
fn once<P: Peer>(tasks: usize, heavy: u64) -> Result<Vec<f64>> {
    let load = P::block_on(async {
        let (all_ended, ended) = async_channel::bounded(1);
        let load = Arc::new(Load {
            start: Instant::now(),
            ended: (0..tasks).map(|_| AtomicU64::new(0)).collect(),
            left: AtomicUsize::new(tasks),
            all_ended,
        });
        let shared = Arc::clone(&load);
        P::detach(async move {
            for number in 0..tasks {
                let load = Arc::clone(&shared);
                let steps = if number % ONE_IN == 0 { heavy } else { LIGHT };
                P::detach(async move { load.run(number, steps) });
            }
        });
        ended.recv().await.map(|()| load)
    })?;
    let ended = load
        .ended
        .iter()
        .map(|at| at.load(Ordering::Relaxed) as f64);
    let last = ended.clone().fold(0.0, f64::max);
    let mut figures = mean_median_p99(ended.collect()).to_vec();
    figures.push(last);
    Ok(figures)
}

fn how_many(quick: bool) -> usize {
    if quick { ONE_IN } else { TASKS }
}

fn alike<P: Peer>() -> (&'static str, Once) {
    (P::NAME, |quick| once::<P>(how_many(quick), LIGHT))
}

fn some_heavy<P: Peer>() -> (&'static str, Once) {
    (P::NAME, |quick| once::<P>(how_many(quick), HEAVY))
}

/// Loads that all come from one task: one whose tasks are alike, and one in
/// which a few are heavy.
pub fn loads() -> [Together; 2] {
    let cases = |what: &str| {
        ["mean", "median", "99th percentile", "last"]
            .map(|figure| (format!("{what}, {figure}"), "ns"))
            .to_vec()
    };
    let rounds = 11;
    [
        Together {
            group: "load",
            cases: cases(&format!("{} alike", grouped(TASKS))),
            rounds,
            peers: vec![
                alike::<OursOnTwo>(),
                alike::<TokioOnTwo>(),
                alike::<ExecutorOnTwo>(),
            ],
        },
        Together {
            group: "load",
            cases: cases("1 in 100 heavy"),
            rounds,
            peers: vec![
                some_heavy::<OursOnTwo>(),
                some_heavy::<TokioOnTwo>(),
                some_heavy::<ExecutorOnTwo>(),
            ],
        },
    ]
}
