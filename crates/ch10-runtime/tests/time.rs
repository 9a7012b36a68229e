//! Sleeping, limits and intervals, by the system's clock: never early, and as
//! the documentation says. How late they are is no test's concern.

use ch10_runtime::time::{
    self, Elapsed, MissedTicks, interval, interval_at, sleep, sleep_until,
    timeout,
};
use ch10_runtime::{JoinHandle, Runtime, spawn_blocking};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn, ready};
use std::mem;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};
use testing::within_a_minute;

fn runtime() -> Runtime {
    Runtime::new().expect("a runtime")
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn a_sleep_is_never_early() {
    within_a_minute(|| {
        runtime().block_on(async {
            for micros in [0, 1, 999, 1000, 1001, 1999, 12_345, 70_000] {
                let time = Duration::from_micros(micros);
                let start = Instant::now();
                sleep(time).await;
                let slept = start.elapsed();
                assert!(slept >= time, "{slept:?} for {time:?}");
            }
        });
    });
}

#[test]
fn deadlines_are_met_in_their_order_and_equal_ones_in_theirs() {
    within_a_minute(|| {
        let woken = Rc::new(RefCell::new(Vec::new()));
        let runtime = runtime();
        let start = Instant::now();
        let tasks: Vec<JoinHandle<()>> = (0..60_u64)
            .map(|number| {
                // Three for each deadline, the latest first.
                let deadline = start + ms(90 - number / 3 * 4);
                let woken = Rc::clone(&woken);
                runtime.spawn_local(async move {
                    sleep_until(deadline).await;
                    woken.borrow_mut().push(number);
                })
            })
            .collect();
        runtime.block_on(async {
            for task in tasks {
                task.await.expect("it sleeps");
            }
        });
        let groups = (0..20).rev();
        let expected: Vec<_> =
            groups.flat_map(|group| 3 * group..3 * group + 3).collect();
        assert_eq!(*woken.borrow(), expected);
    });
}

#[test]
fn the_longest_duration_is_not_over_at_once() {
    within_a_minute(|| {
        runtime().block_on(async {
            let mut longest = pin!(sleep(Duration::MAX));
            let mut years = pin!(sleep(Duration::from_secs(400 * 365 * 86400)));
            for _ in 0..3 {
                sleep(ms(2)).await;
                poll_fn(|cx| {
                    assert!(longest.as_mut().poll(cx).is_pending());
                    assert!(years.as_mut().poll(cx).is_pending());
                    Poll::Ready(())
                })
                .await;
            }
            let waited = timeout(Duration::MAX, sleep(ms(1))).await;
            assert_eq!(waited, Ok(()));
        });
    });
}

#[test]
fn a_timeout_ends_what_takes_too_long_and_nothing_else() {
    within_a_minute(|| {
        runtime().block_on(async {
            let start = Instant::now();
            assert!(timeout(ms(20), pending::<()>()).await.is_err());
            assert!(start.elapsed() >= ms(20));
            let quick = timeout(Duration::from_secs(50), async {
                sleep(ms(1)).await;
                7
            });
            assert_eq!(quick.await, Ok(7));
            assert_eq!(timeout(Duration::ZERO, ready(8)).await, Ok(8));
            let inner = timeout(ms(5), pending::<()>());
            let outer = timeout(Duration::from_secs(50), inner).await;
            assert!(matches!(outer, Ok(Err(Elapsed { .. }))));
        });
    });
}

#[test]
fn a_limit_holds_for_a_future_that_is_always_ready() {
    within_a_minute(|| {
        // It uses up the budget of every poll, and never says that it waits.
        let busy = async {
            loop {
                sleep_until(Instant::now() - ms(0)).await;
            }
        };
        let result = runtime().block_on(timeout(ms(30), busy));
        assert!(result.is_err());
    });
}

#[test]
fn an_elapsed_limit_is_an_io_error() {
    let error = within_a_minute(|| {
        let runtime = runtime();
        runtime
            .block_on(timeout(ms(1), pending::<()>()))
            .unwrap_err()
    });
    let error = std::io::Error::from(error);
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
}

/// The ticks of an interval whose second tick is asked for late, in periods.
fn ticks(missed: MissedTicks) -> Vec<f64> {
    let period = ms(40);
    runtime().block_on(async {
        let start = Instant::now();
        let mut interval = interval_at(start, period).missed(missed);
        interval.tick().await;
        thread::sleep(period * 7 / 2);
        let mut ticks = Vec::new();
        for _ in 0..5 {
            let tick = interval.tick().await;
            assert!(Instant::now() >= tick);
            ticks.push((tick - start).as_secs_f64() / period.as_secs_f64());
        }
        ticks
    })
}

#[test]
fn missed_ticks_are_skipped_delayed_or_caught_up() {
    within_a_minute(|| {
        assert_eq!(ticks(MissedTicks::CatchUp), [1.0, 2.0, 3.0, 4.0, 5.0]);
        let skipped = ticks(MissedTicks::Skip);
        assert!(
            skipped.iter().all(|tick| tick.fract() < 1e-6),
            "{skipped:?}"
        );
        // Not before: the simulation has the exact times.
        assert!(skipped[0] >= 1.0 && skipped[1] >= 4.0, "{skipped:?}");
        let delayed = ticks(MissedTicks::Delay);
        assert!(delayed[0] >= 1.0 && delayed[1] >= 4.5, "{delayed:?}");
        // Each at least a period after the one before.
        let apart = delayed.windows(2).all(|two| two[1] - two[0] > 0.999);
        assert!(apart, "{delayed:?}");
    });
}

#[test]
fn a_tick_that_was_given_up_comes_next_time() {
    within_a_minute(|| {
        runtime().block_on(async {
            let mut interval = interval(ms(500));
            let first = interval.tick().await;
            let given_up = timeout(ms(1), interval.tick()).await;
            assert!(given_up.is_err());
            assert_eq!(interval.tick().await, first + ms(500));
        });
    });
}

#[test]
#[should_panic(expected = "the period of an interval is zero")]
fn a_period_of_zero_is_refused() {
    drop(interval(Duration::ZERO));
}

#[test]
#[should_panic(expected = "there is no runtime on this thread")]
fn outside_of_a_runtime_it_says_so() {
    let mut sleep = pin!(sleep(ms(1)));
    let _ = sleep.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

#[test]
fn a_sleep_can_be_set_anew() {
    within_a_minute(|| {
        runtime().block_on(async {
            let start = Instant::now();
            let mut sleep = pin!(sleep(Duration::from_secs(50)));
            assert!(timeout(ms(2), sleep.as_mut()).await.is_err());
            sleep.as_mut().reset(start + ms(20));
            sleep.as_mut().await;
            assert!(start.elapsed() >= ms(20));
            // And again, although it is over.
            sleep.as_mut().reset(start + ms(40));
            sleep.as_mut().await;
            assert!(start.elapsed() >= ms(40));
        });
    });
}

#[test]
fn an_earlier_deadline_of_another_thread_ends_the_wait() {
    within_a_minute(|| {
        let start = Instant::now();
        runtime().block_on(async {
            // Too long for the test: the thread at the driver would wait for it.
            let mut long = pin!(sleep(Duration::from_secs(600)));
            let job = spawn_blocking(|| {
                thread::sleep(ms(50)); // by now, it does
                futures_lite::future::block_on(sleep(ms(20)));
            });
            let mut job = pin!(job);
            poll_fn(|cx| {
                assert!(long.as_mut().poll(cx).is_pending());
                job.as_mut().poll(cx)
            })
            .await
            .expect("it sleeps");
        });
        assert!(start.elapsed() >= ms(70));
    });
}

/// Counts how often it is called.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn the_waker_of_the_last_poll_is_called_and_no_other() {
    within_a_minute(|| {
        runtime().block_on(async {
            let counters: [Arc<Counter>; 2] = Default::default();
            let mut sleep = pin!(sleep(ms(20)));
            for counter in &counters {
                let waker = Waker::from(Arc::clone(counter));
                let mut cx = Context::from_waker(&waker);
                assert!(sleep.as_mut().poll(&mut cx).is_pending());
            }
            time::sleep(ms(30)).await;
            let calls = counters.map(|one| one.0.load(Ordering::SeqCst));
            assert_eq!(calls, [0, 1]);
        });
    });
}

/// Drops the sleeping future of its neighbour when it is called.
struct Attack {
    victim: std::sync::Mutex<Option<std::pin::Pin<Box<time::Sleep>>>>,
}

impl Wake for Attack {
    fn wake(self: Arc<Self>) {
        let victim = self.victim.lock().expect("no panic").take();
        drop(victim);
    }
}

#[test]
fn a_waker_may_drop_sleepers_that_are_being_fired() {
    within_a_minute(|| {
        runtime().block_on(async {
            let deadline = Instant::now() + ms(10);
            let poll = |waker: &Waker| {
                let mut sleep = Box::pin(sleep_until(deadline));
                let mut cx = Context::from_waker(waker);
                assert!(sleep.as_mut().poll(&mut cx).is_pending());
                sleep
            };
            // More than one batch, each dropping the one in the batch after.
            let victims: Vec<_> =
                (0..80).map(|_| poll(Waker::noop())).collect();
            let attackers: Vec<_> = victims
                .into_iter()
                .map(|victim| {
                    let victim = std::sync::Mutex::new(Some(victim));
                    let attack = Arc::new(Attack { victim });
                    (poll(&Waker::from(Arc::clone(&attack))), attack)
                })
                .collect();
            sleep(ms(15)).await;
            let left = attackers
                .iter()
                .filter(|(_, attack)| attack.victim.lock().unwrap().is_some());
            assert_eq!(left.count(), 0);
        });
    });
}

/// Sets a deadline that has passed, and one that has not, when it is called.
struct SetsMore {
    handle: ch10_runtime::Handle,
    set: AtomicUsize,
}

impl Wake for SetsMore {
    fn wake(self: Arc<Self>) {
        let all = Arc::clone(&self);
        let task = self.handle.spawn(async move {
            sleep_until(Instant::now()).await;
            sleep(ms(1)).await;
            all.set.fetch_add(1, Ordering::SeqCst);
        });
        drop(task);
    }
}

#[test]
fn deadlines_can_be_set_while_others_are_fired() {
    within_a_minute(|| {
        let runtime = runtime();
        let more = Arc::new(SetsMore {
            handle: runtime.handle().clone(),
            set: AtomicUsize::new(0),
        });
        runtime.block_on(async {
            let waker = Waker::from(Arc::clone(&more));
            let mut cx = Context::from_waker(&waker);
            let mut sleepers: Vec<_> =
                (0..100).map(|_| Box::pin(sleep(ms(5)))).collect();
            for sleeper in &mut sleepers {
                assert!(sleeper.as_mut().poll(&mut cx).is_pending());
            }
            while more.set.load(Ordering::SeqCst) < 100 {
                sleep(ms(2)).await;
            }
        });
    });
}

#[test]
fn a_forgotten_sleeper_harms_none() {
    within_a_minute(|| {
        let runtime = runtime();
        runtime.block_on(async {
            let mut sleep = Box::pin(sleep(ms(5)));
            poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx)))
                .await
                .is_ready();
            mem::forget(sleep); // its memory is never used again
            time::sleep(ms(10)).await;
            let mut later = Box::pin(time::sleep(Duration::from_secs(9)));
            poll_fn(|cx| Poll::Ready(later.as_mut().poll(cx)))
                .await
                .is_ready();
            mem::forget(later);
        });
        drop(runtime);
    });
}

#[test]
fn a_sleeper_goes_on_in_another_runtime_when_its_own_has_ended() {
    within_a_minute(|| {
        let start = Instant::now();
        let mut sleep = Box::pin(sleep(ms(30)));
        let first = runtime();
        first.block_on(poll_fn(|cx| {
            assert!(sleep.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        }));
        drop(first);
        runtime().block_on(sleep);
        assert!(start.elapsed() >= ms(30));
    });
}

#[test]
fn a_job_that_outlives_the_runtime_sleeps_to_the_end() {
    within_a_minute(|| {
        let (done, over) = mpsc::channel();
        let runtime = runtime();
        let (begun, begins) = mpsc::channel();
        let job = runtime.handle().spawn_blocking(move || {
            let start = Instant::now();
            begun.send(()).expect("it is received");
            futures_lite::future::block_on(async {
                sleep(ms(60)).await;
                sleep(ms(20)).await;
            });
            done.send(start.elapsed()).expect("it is received");
        });
        begins.recv().expect("it begins");
        drop((job, runtime));
        assert!(over.recv().expect("it ends") >= ms(80));
    });
}

#[test]
fn sleepers_that_are_dropped_by_other_threads_are_forgotten() {
    within_a_minute(|| {
        let runtime = runtime();
        runtime.block_on(async {
            let mut threads = Vec::new();
            for round in 0..50 {
                let mut sleeper = Box::pin(sleep(ms(round % 4 + 1)));
                poll_fn(|cx| Poll::Ready(sleeper.as_mut().poll(cx)))
                    .await
                    .is_ready();
                threads.push(thread::spawn(move || drop(sleeper)));
                sleep(ms(1)).await;
            }
            for thread in threads {
                thread.join().expect("it drops");
            }
        });
    });
}

#[test]
fn an_empty_wheel_costs_no_wake_ups() {
    within_a_minute(|| {
        let polls = Cell::new(0);
        runtime().block_on(async {
            // A limit that was not needed leaves nothing behind.
            let limit = timeout(ms(30), sleep(ms(1)));
            assert_eq!(limit.await, Ok(()));
            let mut sleep = pin!(sleep(ms(100)));
            poll_fn(|cx| {
                polls.set(polls.get() + 1);
                sleep.as_mut().poll(cx)
            })
            .await;
        });
        // The first, and the one that it was woken for.
        assert_eq!(polls.get(), 2);
    });
}
