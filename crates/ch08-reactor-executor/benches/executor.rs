//! The executor beside tokio's `current_thread` and smol's async-executor: a
//! task from spawn to its output, and a turn of a task that yields.
//!
//! ```console
//! $ cargo bench --bench executor                # all of it, as JSON
//! $ cargo bench --bench executor -- --quick     # once each: does it run?
//! $ cargo bench --bench executor -- \
//!       --group tasks --only ours "spawn and join" --iterations 1000
//! ```
//!
//! | group | a case is | its figure is for |
//! |---|---|---|
//! | `tasks` | what is done | one task, or one turn |
//!
//! All three catch panics or have a task that does, and have join handles. Ours
//! is for futures of this chapter, whose poll needs no pin.

use ch08_reactor_executor::{Future, PollState, Waker, YieldNow, parked};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;
use testing::bench::{Arguments, Result, Rounds, Row, in_turns, ns_each};

/// Something to be measured: so many times.
struct Measured {
    peer: &'static str,
    case: &'static str,
    run: fn(usize),
}

const GROUP: &str = "tasks";
const TASKS: usize = 100;

/// Ready at once.
struct Ready(u32);

impl Future for Ready {
    type Output = u32;

    fn poll(&mut self, _: &Waker) -> PollState<u32> {
        PollState::Ready(black_box(self.0))
    }
}

/// Yields so many times.
struct Yields(usize, YieldNow);

impl Future for Yields {
    type Output = ();

    fn poll(&mut self, waker: &Waker) -> PollState<()> {
        while self.0 > 0 {
            if !self.1.poll(waker).is_ready() {
                return PollState::NotReady;
            }
            (self.0, self.1) = (self.0 - 1, YieldNow::default());
        }
        PollState::Ready(())
    }
}

/// The same for the peers.
async fn yields(times: usize) {
    for _ in 0..times {
        futures_lite::future::yield_now().await;
    }
}

/// Why an `expect` here cannot fail, or should end the program.
const RUNS: &str = "it runs to its end";

fn tokio() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect(RUNS)
}

const ROWS: [Measured; 6] = [
    Measured {
        peer: "ours",
        case: "spawn and join",
        run: |times| {
            let mut executor = parked();
            for _ in 0..times {
                let task = executor.spawn(Ready(1));
                executor.block_on(task).expect(RUNS).expect(RUNS);
            }
        },
    },
    Measured {
        peer: "tokio",
        case: "spawn and join",
        run: |times| {
            let runtime = tokio();
            runtime.block_on(async {
                for _ in 0..times {
                    let task = tokio::spawn(async { black_box(1) });
                    task.await.expect(RUNS);
                }
            });
        },
    },
    Measured {
        peer: "async-executor",
        case: "spawn and join",
        run: |times| {
            let executor = async_executor::LocalExecutor::new();
            futures_lite::future::block_on(executor.run(async {
                for _ in 0..times {
                    executor.spawn(async { black_box(1) }).await;
                }
            }));
        },
    },
    Measured {
        peer: "ours",
        case: "a turn among 100",
        run: |times| {
            let mut executor = parked();
            let each = times.div_ceil(TASKS);
            let all: Vec<_> = (0..TASKS)
                .map(|_| executor.spawn(Yields(each, YieldNow::default())))
                .collect();
            for task in all {
                executor.block_on(task).expect(RUNS).expect(RUNS);
            }
        },
    },
    Measured {
        peer: "tokio",
        case: "a turn among 100",
        run: |times| {
            let each = times.div_ceil(TASKS);
            tokio().block_on(async {
                let all: Vec<_> =
                    (0..TASKS).map(|_| tokio::spawn(yields(each))).collect();
                for task in all {
                    task.await.expect(RUNS);
                }
            });
        },
    },
    Measured {
        peer: "async-executor",
        case: "a turn among 100",
        run: |times| {
            let each = times.div_ceil(TASKS);
            let executor = async_executor::LocalExecutor::new();
            futures_lite::future::block_on(executor.run(async {
                let all: Vec<_> =
                    (0..TASKS).map(|_| executor.spawn(yields(each))).collect();
                for task in all {
                    task.await;
                }
            }));
        },
    },
];

const ROUNDS: usize = 21;
const ITERATIONS: usize = 50_000;

fn run(arguments: Arguments) -> Result<()> {
    if let Some((peer, case)) = &arguments.only {
        let wanted = |row: &&Measured| row.peer == peer && row.case == case;
        let row = ROWS.iter().find(wanted).ok_or("no such row")?;
        (row.run)(arguments.iterations);
        return Ok(());
    }
    let (rounds, times) = match arguments.quick {
        true => (1, 1),
        false => (ROUNDS, ITERATIONS),
    };
    let measured = in_turns(&ROWS, Rounds::counted(rounds), |row| {
        let start = Instant::now();
        (row.run)(times);
        Ok(Some(ns_each(start.elapsed(), times)))
    })?;
    for (row, figures) in measured {
        Row {
            group: GROUP,
            peer: row.peer,
            case: row.case,
            unit: "ns",
            per_iteration: 1,
        }
        .print(&figures)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    testing::bench::main("executor", &[], run)
}
