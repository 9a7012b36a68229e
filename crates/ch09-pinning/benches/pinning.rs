//! What a pin costs, and a box; and what the optimisation of stage 3 saves.
//!
//! ```console
//! $ cargo bench --bench pinning                # all of it, as JSON
//! $ cargo bench --bench pinning -- --quick     # once each: does it run?
//! $ cargo bench --bench pinning -- \
//!       --only "pin!" "make and run" --iterations 1000
//! ```
//!
//! | group | a case is | its figure is for |
//! |---|---|---|
//! | `poll` | how a coroutine is reached | one poll that finds nothing |
//! | `projected` | what is around it | the same, through a projection |
//! | `run` | how it is pinned | making it, and polling it to its end |
//! | `rounds` | how many tasks | running them all, of which one is slow |
//! | `boxed` | how many tasks | the same, in the vector and behind boxes |
//!
//! The last form runs one loop, for a tool that counts instructions.

use ch07_coroutines::{Later, join_all};
use ch09_pinning::future::{Future, PollState};
use ch09_pinning::projection::Counted;
use ch09_pinning::s3_run_all;
use ch09_pinning::s5_pinned;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::time::Instant;
use testing::bench::{self, Arguments, Result, Rounds, Row, in_turns, ns_each};

/// A leaf that is not ready a number of times, in both worlds.
struct Waits(u32);

impl ch07_coroutines::Future for Waits {
    type Output = u32;

    fn poll(&mut self) -> PollState<u32> {
        if self.0 == 0 {
            return PollState::Ready(7);
        }
        self.0 -= 1;
        PollState::NotReady
    }
}

impl Future for Waits {
    type Output = u32;

    fn poll(self: Pin<&mut Self>) -> PollState<u32> {
        ch07_coroutines::Future::poll(self.get_mut())
    }
}

pin_project_lite::pin_project! {
    /// `Counted`, projected by macro.
    struct ByMacro<F> {
        #[pin]
        future: F,
        polls: u64,
    }
}

impl<F: Future> Future for ByMacro<F> {
    type Output = (F::Output, u64);

    fn poll(self: Pin<&mut Self>) -> PollState<Self::Output> {
        let this = self.project();
        *this.polls += 1;
        this.future.poll().map(|output| (output, *this.polls))
    }
}

/// Something to be measured: so many times.
struct Case {
    group: &'static str,
    peer: &'static str,
    case: &'static str,
    /// How many iterations a round has.
    times: usize,
    run: fn(usize),
}

const POLL: &str = "poll";
const PROJECTED: &str = "projected";
const RUN: &str = "run";
const ROUNDS: &str = "rounds";
const BOXED: &str = "boxed";

/// Polls through a plain reference. The call is not inlined, so that what is
/// passed is what the signature says.
#[inline(never)]
fn by_reference<F: ch07_coroutines::Future>(future: &mut F) -> bool {
    future.poll().is_ready()
}

#[inline(never)]
fn by_pin<F: Future>(future: Pin<&mut F>) -> bool {
    future.poll().is_ready()
}

fn run_pinned<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    loop {
        if let PollState::Ready(output) = future.as_mut().poll() {
            return output;
        }
    }
}

const CASES: [Case; 10] = [
    Case {
        group: POLL,
        peer: "&mut",
        case: "a leaf",
        times: 100_000,
        run: |times| {
            let mut waits = black_box(Waits(u32::MAX));
            for _ in 0..times {
                black_box(by_reference(&mut waits));
            }
        },
    },
    Case {
        group: POLL,
        peer: "Pin<&mut>",
        case: "a leaf",
        times: 100_000,
        run: |times| {
            let mut waits = pin!(black_box(Waits(u32::MAX)));
            for _ in 0..times {
                black_box(by_pin(waits.as_mut()));
            }
        },
    },
    Case {
        group: PROJECTED,
        peer: "by hand",
        case: "a poll",
        times: 100_000,
        run: |times| {
            let waits = black_box(Waits(u32::MAX));
            let mut counted = pin!(Counted::new(waits));
            for _ in 0..times {
                black_box(by_pin(counted.as_mut()));
            }
        },
    },
    Case {
        group: PROJECTED,
        peer: "pin-project-lite",
        case: "a poll",
        times: 100_000,
        run: |times| {
            let (future, polls) = (black_box(Waits(u32::MAX)), 0);
            let mut counted = pin!(ByMacro { future, polls });
            for _ in 0..times {
                black_box(by_pin(counted.as_mut()));
            }
        },
    },
    Case {
        group: RUN,
        peer: "pin!",
        case: "make and run",
        times: 100_000,
        run: |times| {
            for _ in 0..times {
                let waits = pin!(Counted::new(Waits(black_box(3))));
                let waits = black_box(waits); // as for the box
                black_box(run_pinned(waits));
            }
        },
    },
    Case {
        group: RUN,
        peer: "Box::pin",
        case: "make and run",
        times: 100_000,
        run: |times| {
            for _ in 0..times {
                let waits = Counted::new(Waits(black_box(3)));
                let mut waits = black_box(Box::pin(waits));
                black_box(run_pinned(waits.as_mut()));
            }
        },
    },
    Case {
        group: ROUNDS,
        peer: "join_all",
        case: "100 tasks",
        times: 100,
        run: |times| {
            for _ in 0..times {
                let mut all = join_all(slow_and_others());
                while !ch07_coroutines::Future::poll(&mut all).is_ready() {}
            }
        },
    },
    Case {
        group: ROUNDS,
        peer: "swap_remove",
        case: "100 tasks",
        times: 100,
        run: |times| {
            for _ in 0..times {
                black_box(s3_run_all::run_all(slow_and_others()));
            }
        },
    },
    Case {
        group: BOXED,
        peer: "in the vector",
        case: "100 tasks",
        times: 100,
        run: |times| {
            for _ in 0..times {
                let tasks = slow_and_others().into_iter();
                let tasks: Vec<_> = tasks.map(Counted::new).collect();
                black_box(s5_pinned::run_all(tasks));
            }
        },
    },
    Case {
        group: BOXED,
        peer: "Box::pin",
        case: "100 tasks",
        times: 100,
        run: |times| {
            for _ in 0..times {
                let tasks = slow_and_others().into_iter();
                let tasks = tasks.map(|task| Box::pin(Counted::new(task)));
                black_box(s5_pinned::run_all(tasks.collect()));
            }
        },
    },
];

/// A hundred tasks: one is ready only after a thousand polls, the others at
/// their first.
fn slow_and_others() -> Vec<Later<u32>> {
    let waits = |number| if number == 0 { black_box(1000) } else { 0 };
    (0..100).map(|n| Later::new(n, waits(n))).collect()
}

fn run(arguments: Arguments) -> Result<()> {
    if let Some((peer, case)) = &arguments.only {
        let found = CASES.iter().find(|row| {
            row.peer == peer && row.case == case && arguments.wants(row.group)
        });
        (found.ok_or("there is none of that name")?.run)(arguments.iterations);
        return Ok(());
    }
    // Each table on its own, its peers in turns.
    for (group, case) in [
        (POLL, "a leaf"),
        (PROJECTED, "a poll"),
        (RUN, "make and run"),
        (ROUNDS, "100 tasks"),
        (BOXED, "100 tasks"),
    ] {
        if !arguments.wants(group) {
            continue;
        }
        let rows = CASES.iter();
        let rows = rows.filter(|row| row.group == group && row.case == case);
        let rounds = Rounds {
            warm_up: 1,
            counted: if arguments.quick { 1 } else { 21 },
        };
        let measured = in_turns(rows, rounds, |row| {
            let times = if arguments.quick { 1 } else { row.times };
            let start = Instant::now();
            (row.run)(times);
            Ok(Some(ns_each(start.elapsed(), times)))
        })?;
        for (row, figures) in measured {
            Row {
                group: row.group,
                peer: row.peer,
                case: row.case,
                unit: "ns",
                per_iteration: 1,
            }
            .print(&figures)?;
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    bench::main("pinning", &[], run)
}
