//! The executor of stage 5: it polls the tasks that were woken, and no others.

use ch02_models::Executor;
use ch02_models::s5_async::{Sleep, Timers, join};
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};
use testing::within_a_minute;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Counts the polls of a future.
async fn counted<F: Future>(polls: Rc<Cell<usize>>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        polls.update(|polls| polls + 1);
        future.as_mut().poll(cx)
    })
    .await
}

#[test]
fn a_sleep_is_polled_twice_and_lasts_long_enough() {
    within_a_minute(|| {
        let executor = Executor::new();
        let polls = Rc::new(Cell::new(0));
        let sleep = executor.timers().sleep(ms(30));
        let start = Instant::now();
        executor.block_on(counted(Rc::clone(&polls), sleep));
        assert!(start.elapsed() >= ms(30));
        assert_eq!(polls.get(), 2, "no busy waiting");
    });
}

#[test]
fn only_those_are_polled_that_were_woken() {
    within_a_minute(|| {
        let executor = Executor::new();
        let polls: Vec<_> = (0..100).map(|_| Rc::new(Cell::new(0))).collect();
        let tasks: Vec<_> = (0..100)
            .map(|index| {
                let sleep = executor.timers().sleep(ms(1 + index % 7));
                let polls = Rc::clone(&polls[index as usize]);
                executor.spawn(counted(polls, sleep))
            })
            .collect();
        executor.block_on(async {
            for task in tasks {
                task.await;
            }
        });
        for polls in polls {
            // Once, if its time was over before it first ran.
            assert!((1..=2).contains(&polls.get()), "{polls:?}");
        }
    });
}

#[test]
fn tasks_sleep_at_the_same_time() {
    within_a_minute(|| {
        let executor = Executor::new();
        let start = Instant::now();
        let tasks: Vec<_> = (0..200)
            .map(|_| executor.spawn(executor.timers().sleep(ms(100))))
            .collect();
        executor.block_on(async {
            for task in tasks {
                task.await;
            }
        });
        // One after the other it would be 20 seconds.
        assert!(start.elapsed() >= ms(100));
        assert!(start.elapsed() < Duration::from_secs(15));
    });
}

#[test]
fn many_wakes_before_a_poll_are_one_poll() {
    within_a_minute(|| {
        let executor = Executor::new();
        let polls = Rc::new(Cell::new(0));
        let mut first = true;
        executor.block_on(counted(
            Rc::clone(&polls),
            poll_fn(move |cx| {
                if !std::mem::replace(&mut first, false) {
                    return Poll::Ready(());
                }
                for _ in 0..10 {
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }),
        ));
        assert_eq!(polls.get(), 2);
    });
}

#[test]
fn a_wake_from_another_thread_ends_the_sleep() {
    within_a_minute(|| {
        let executor = Executor::new();
        let value = Arc::new(Mutex::new((None, None::<Waker>)));
        let theirs = Arc::clone(&value);
        let other = thread::spawn(move || {
            thread::sleep(ms(50));
            let mut shared = theirs.lock().unwrap();
            shared.0 = Some(42);
            if let Some(waker) = shared.1.take() {
                waker.wake();
            }
        });
        // A timer far away: it must not sleep as long as that.
        let far = executor.timers().sleep(Duration::from_secs(3600));
        let task = executor.spawn(async move {
            let mut far = pin!(far);
            poll_fn(move |cx| {
                assert!(far.as_mut().poll(cx).is_pending());
                let mut shared = value.lock().unwrap();
                shared.1 = Some(cx.waker().clone());
                shared.0.map_or(Poll::Pending, Poll::Ready)
            })
            .await
        });
        assert_eq!(executor.block_on(task), 42);
        other.join().unwrap();
    });
}

#[test]
fn join_polls_each_future_until_it_is_ready() {
    within_a_minute(|| {
        let executor = Executor::new();
        let polls: [_; 2] = std::array::from_fn(|_| Rc::new(Cell::new(0)));
        // Ready in its first poll, and in its fourth; each poll wakes.
        let ready_in = |poll: usize, polls: &Rc<Cell<usize>>| {
            let polls = Rc::clone(polls);
            poll_fn(move |cx| {
                polls.update(|polls| polls + 1);
                if polls.get() == poll {
                    return Poll::Ready(poll);
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
        };
        let both = join(ready_in(1, &polls[0]), ready_in(4, &polls[1]));
        assert_eq!(executor.block_on(both), (1, 4));
        assert_eq!(polls.map(|polls| polls.get()), [1, 4]);
    });
}

#[test]
fn a_dropped_join_drops_both() {
    let executor = Executor::new();
    let timers = executor.timers();
    let hour = Duration::from_secs(3600);
    let mut both = Box::pin(join(timers.sleep(hour), timers.sleep(hour)));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(both.as_mut().poll(&mut cx).is_pending());
    assert_eq!(timers.waiting(), 2);
    drop(both);
    assert_eq!(timers.waiting(), 0);
}

struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A sleep that was polled with these wakers, one after the other, before its
/// time was over. On a busy machine that takes more than one try.
fn pending(
    timers: &Timers,
    delay: Duration,
    wakers: &[Waker],
) -> Pin<Box<Sleep>> {
    loop {
        let mut sleep = Box::pin(timers.sleep(delay));
        let mut poll = |waker| {
            let mut cx = Context::from_waker(waker);
            sleep.as_mut().poll(&mut cx).is_pending()
        };
        if wakers.iter().all(&mut poll) {
            return sleep;
        }
    }
}

/// A future may move from one task to another: the last waker is the one.
#[test]
fn the_latest_waker_is_woken_and_no_other() {
    within_a_minute(|| {
        let executor = Executor::new();
        let counters: [_; 2] =
            std::array::from_fn(|_| Arc::new(Counter(AtomicUsize::new(0))));
        let wakers = counters.each_ref().map(|c| Waker::from(Arc::clone(c)));
        let sleep = pending(&executor.timers(), ms(20), &wakers);
        executor.block_on(executor.timers().sleep(ms(40)));
        drop(sleep);
        let counts = counters.map(|c| c.0.load(Ordering::Relaxed));
        assert_eq!(counts, [0, 1]);
    });
}

#[test]
fn a_dropped_sleep_wakes_nothing() {
    within_a_minute(|| {
        let executor = Executor::new();
        let counter = Arc::new(Counter(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&counter));
        drop(pending(&executor.timers(), ms(10), &[waker]));
        assert_eq!(Arc::strong_count(&counter), 1, "its waker is gone");
        executor.block_on(executor.timers().sleep(ms(30)));
        assert_eq!(counter.0.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn a_task_runs_on_when_its_handle_is_dropped() {
    within_a_minute(|| {
        let executor = Executor::new();
        let ran = Rc::new(Cell::new(false));
        let theirs = Rc::clone(&ran);
        drop(executor.spawn(async move { theirs.set(true) }));
        executor.block_on(executor.timers().sleep(ms(5)));
        assert!(ran.get());
    });
}

/// A task that was woken but had no turn yet keeps it for the next call.
#[test]
fn a_task_that_was_ready_at_the_end_of_block_on_is_not_forgotten() {
    within_a_minute(|| {
        let executor = Executor::new();
        let (one, two) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let yields = |count: Rc<Cell<usize>>| {
            poll_fn(move |cx| {
                count.update(|count| count + 1);
                if count.get() == 5 {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
        };
        let first = executor.spawn(yields(Rc::clone(&one)));
        let second = executor.spawn(yields(Rc::clone(&two)));
        executor.block_on(async {}); // ends as soon as it has begun
        executor.block_on(async {
            first.await;
            second.await;
        });
        assert_eq!((one.get(), two.get()), (5, 5));
    });
}

#[test]
fn a_task_that_is_always_ready_does_not_stop_the_timers() {
    within_a_minute(|| {
        let executor = Executor::new();
        let stop = Rc::new(Cell::new(false));
        let theirs = Rc::clone(&stop);
        let busy = executor.spawn(poll_fn(move |cx| {
            if theirs.get() {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        }));
        let sleep = executor.timers().sleep(ms(10));
        executor.block_on(async {
            sleep.await;
            stop.set(true);
            busy.await;
        });
    });
}

/// A foreign waker, which uses the timers.
struct SetsATimer(Arc<Counter>);

thread_local! {
    static TIMERS: RefCell<Option<Timers>> = const { RefCell::new(None) };
    static SLEEP: RefCell<Option<Pin<Box<Sleep>>>> =
        const { RefCell::new(None) };
}

impl Wake for SetsATimer {
    fn wake(self: Arc<Self>) {
        let timers = TIMERS.take().unwrap();
        let waker = Waker::from(Arc::clone(&self.0));
        SLEEP.set(Some(pending(&timers, ms(1), &[waker])));
    }
}

#[test]
fn a_waker_may_set_a_timer() {
    within_a_minute(|| {
        let executor = Executor::new();
        TIMERS.set(Some(executor.timers()));
        let counter = Arc::new(Counter(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::new(SetsATimer(Arc::clone(&counter))));
        let sleep = pending(&executor.timers(), ms(5), &[waker]);
        executor.block_on(executor.timers().sleep(ms(10)));
        drop(sleep);
        while counter.0.load(Ordering::Relaxed) == 0 {
            executor.block_on(executor.timers().sleep(ms(1)));
        }
        SLEEP.take();
    });
}

#[test]
fn a_task_panics_in_each_poll_after_its_end() {
    let executor = Executor::new();
    let mut task = executor.spawn(async { 1 });
    assert_eq!(executor.block_on(&mut task), 1);
    for _ in 0..3 {
        let mut cx = Context::from_waker(Waker::noop());
        let poll = AssertUnwindSafe(|| Pin::new(&mut task).poll(&mut cx));
        let why = catch_unwind(poll).expect_err("it has no second result");
        assert_eq!(why.downcast_ref(), Some(&"polled after its end"));
        assert_eq!(format!("{task:?}"), "Task(taken)");
    }
}

#[test]
fn dropping_the_executor_drops_its_tasks() {
    let executor = Executor::new();
    let held = Rc::new(RefCell::new(0));
    let theirs = Rc::clone(&held);
    let timers = executor.timers();
    let hour = Duration::from_secs(3600);
    drop(executor.spawn(async move {
        timers.sleep(hour).await;
        *theirs.borrow_mut() += 1;
    }));
    executor.block_on(executor.timers().sleep(ms(1)));
    assert_eq!(Rc::strong_count(&held), 2);
    drop(executor);
    assert_eq!(Rc::strong_count(&held), 1);
}

#[test]
fn wakers_may_outlive_the_executor_and_the_task() {
    let waker = Rc::new(RefCell::new(None::<Waker>));
    let executor = Executor::new();
    let theirs = Rc::clone(&waker);
    let first = executor.spawn(poll_fn(move |cx| {
        theirs.replace(Some(cx.waker().clone()));
        Poll::Ready(())
    }));
    executor.block_on(first);
    // The number is taken by another task: a poll too many, and no harm.
    let second = executor.spawn(executor.timers().sleep(ms(5)));
    waker.borrow().as_ref().unwrap().wake_by_ref();
    executor.block_on(second);
    drop(executor);
    waker.borrow().as_ref().unwrap().wake_by_ref();
}

#[test]
#[should_panic(expected = "block_on in a task of the same executor")]
fn block_on_in_block_on_is_refused() {
    let executor = Executor::new();
    executor.block_on(async { executor.block_on(async {}) });
}

/// A pin, to show that a task's handle needs none of its own.
#[test]
fn a_task_is_unpin() {
    fn check<T: Unpin>(_: &T) {}
    let executor = Executor::new();
    let mut task = executor.spawn(async { 1 });
    check(&task);
    let one = poll_fn(move |cx| Pin::new(&mut task).poll(cx));
    assert_eq!(executor.block_on(one), 1);
}
