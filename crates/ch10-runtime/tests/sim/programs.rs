//! Programs in the simulation, and the search for a seed that breaks one.

use crate::kernel::{now, simulate};
use crate::runtime::{Runtime, spawn_local};
use crate::time::{self, MissedTicks, interval, interval_at};
use crate::time::{sleep, timeout};
use crate::yield_now::yield_now;
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};
use testing::within_a_minute;

/// Runs a program on a runtime of this world.
pub(crate) fn run<T>(program: impl Future<Output = T>) -> T {
    Runtime::new()
        .expect("nothing is asked of the system")
        .block_on(program)
}

// ANCHOR: search
/// Runs a program under each of these seeds, until it panics: the seed, and
/// what the panic says.
pub(crate) fn search(
    seeds: impl IntoIterator<Item = u64>,
    program: impl Fn(),
) -> Option<(u64, String)> {
    seeds.into_iter().find_map(|seed| {
        let (text, _choices) = simulate(Some(seed), || caught(&program));
        Some((seed, text?))
    })
}

/// Runs a program: what its panic says, if it panics.
pub(crate) fn caught(program: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(program)).err()?;
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or(panic.downcast_ref::<&str>().map(|s| (*s).into()));
    Some(text.unwrap_or_default())
}
// ANCHOR_END: search

#[test]
fn a_hundred_days_are_over_at_once() {
    within_a_minute(|| {
        let real = Instant::now();
        let days = Duration::from_secs(100 * 24 * 60 * 60);
        let (slept, _) = simulate(Some(1), || {
            run(async {
                let start = time::now();
                sleep(days).await;
                time::now() - start
            })
        });
        assert_eq!(slept, days);
        assert!(real.elapsed() < days);
    });
}

/// The order in which ten tasks run that are ready at the same time.
fn order_of_ten() -> Vec<usize> {
    let order = Rc::new(RefCell::new(Vec::new()));
    run(async {
        let tasks: Vec<_> = (0..10)
            .map(|number| {
                let order = Rc::clone(&order);
                spawn_local(async move { order.borrow_mut().push(number) })
            })
            .collect();
        for task in tasks {
            task.await.expect("it only pushes");
        }
    });
    order.take()
}

#[test]
fn the_same_seed_gives_the_same_order_and_others_give_others() {
    within_a_minute(|| {
        let runs: Vec<_> = (0..20)
            .map(|seed| {
                let run = simulate(Some(seed), order_of_ten);
                assert_eq!(run, simulate(Some(seed), order_of_ten));
                run.0
            })
            .collect();
        let mut different = runs.clone();
        different.sort();
        different.dedup();
        assert!(different.len() > 15, "{different:?}");
        let fifo: Vec<_> = (0..10).collect();
        assert_eq!(simulate(None, order_of_ten).0, fifo);
    });
}

#[test]
fn every_deadline_is_met_within_a_millisecond_in_every_order() {
    within_a_minute(|| {
        let late = search(0..60, || {
            run(async {
                let tasks: Vec<_> = (1..120_u32)
                    .map(|number| {
                        spawn_local(async move {
                            // From microseconds to months.
                            let part = Duration::from_micros(37) * number;
                            let time = part * (1 << (number % 24));
                            let deadline = time::now() + time;
                            if number % 5 == 0 {
                                let limit = timeout(time, pending::<()>());
                                assert!(limit.await.is_err());
                            } else {
                                sleep(time).await;
                            }
                            let now = time::now();
                            assert!(now >= deadline, "early");
                            let late = now - deadline;
                            assert!(
                                late < Duration::from_millis(1),
                                "{late:?}"
                            );
                        })
                    })
                    .collect();
                for task in tasks {
                    task.await.expect("it is in time");
                }
            });
        });
        assert_eq!(late, None);
    });
}

#[test]
fn an_interval_keeps_time_for_a_day() {
    within_a_minute(|| {
        simulate(Some(3), || {
            run(async {
                let start = now();
                let mut hourly = interval(Duration::from_secs(60 * 60));
                for hour in 0..24 {
                    let tick = hourly.tick().await;
                    assert_eq!(tick - start, hourly.period() * hour);
                    sleep(Duration::from_secs(60)).await; // its work
                }
            });
        });
    });
}

#[test]
fn missed_ticks_come_at_the_exact_times() {
    within_a_minute(|| {
        let ticks = |missed| {
            run(async move {
                let (start, period) = (now(), Duration::from_millis(40));
                let mut interval = interval_at(start, period).missed(missed);
                interval.tick().await;
                sleep(period * 7 / 2).await; // its work takes too long, once
                let mut ticks = Vec::new();
                for _ in 0..5 {
                    let after = interval.tick().await - start;
                    ticks.push(after.as_millis());
                }
                ticks
            })
        };
        simulate(Some(4), || {
            let caught_up = ticks(MissedTicks::CatchUp);
            assert_eq!(caught_up, [40, 80, 120, 160, 200]);
            assert_eq!(ticks(MissedTicks::Skip), [40, 160, 200, 240, 280]);
            assert_eq!(ticks(MissedTicks::Delay), [40, 180, 220, 260, 300]);
        });
    });
}

// ANCHOR: signal
/// Tells one task that something has happened.
#[derive(Default)]
struct Signal {
    happened: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Signal {
    fn set(&self) {
        self.happened.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Looks, writes a line to a log, and then leaves its waker.
    async fn wait(&self) {
        while !self.happened.get() {
            yield_now().await; // the log
            self.leave_waker().await;
        }
    }

    /// Pending once.
    async fn leave_waker(&self) {
        let mut left = false;
        poll_fn(|cx| {
            self.waker.replace(Some(cx.waker().clone()));
            match mem::replace(&mut left, true) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
    // ANCHOR_END: signal

    // ANCHOR: mended
    /// Looks once its waker is there.
    async fn wait_mended(&self) {
        yield_now().await; // the log
        poll_fn(|cx| {
            self.waker.replace(Some(cx.waker().clone()));
            match self.happened.get() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
    // ANCHOR_END: mended
}

/// One task works for two turns, then signals another one, which waits.
fn one_waits_for_another(mended: bool) {
    let signal = Rc::new(Signal::default());
    run(async {
        let waits = spawn_local({
            let signal = Rc::clone(&signal);
            async move {
                match mended {
                    true => signal.wait_mended().await,
                    false => signal.wait().await,
                }
            }
        });
        let works = spawn_local(async move {
            yield_now().await;
            yield_now().await;
            signal.set();
        });
        waits.await.expect("it waits");
        works.await.expect("it works");
    });
}

#[test]
fn the_lost_wake_up_is_found_by_a_seed_and_replayed() {
    within_a_minute(|| {
        // In the order of the real run queue, it never shows.
        simulate(None, || one_waits_for_another(false));

        let found = search(0..1000, || one_waits_for_another(false));
        let (seed, text) = found.expect("some order loses the wake-up");
        println!("seed {seed}: {text}");
        assert_eq!(text, "every task waits, and nothing will wake one");
        for _ in 0..3 {
            let again = search([seed], || one_waits_for_another(false));
            assert_eq!(again.as_ref(), Some(&(seed, text.clone())));
        }

        let found = search(0..1000, || one_waits_for_another(true));
        assert_eq!(found, None);
    });
}
